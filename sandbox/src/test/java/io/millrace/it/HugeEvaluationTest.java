package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.testing.Await;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An evaluation that is more than the producer's memory, with a producer process of a small heap. */
class HugeEvaluationTest {
    private static final int PROMPTS = 6_000;
    private static final int PROMPT_CHARS = 120_000;
    /** Compressed at once; the file repeats it, so that the test need not compress 720 MB. */
    private static final int PROMPTS_OF_PART = 100;

    @TempDir
    Path folder;

    private final List<MillraceProcess> producers = new ArrayList<>();
    private WholeRun run;

    @BeforeEach
    void begin() {
        run = new WholeRun(Map.of("batch-groups", "4", "samples-per-group", "2"));
    }

    @AfterEach
    void end() throws Exception {
        for (MillraceProcess producer : producers) {
            producer.end();
        }
        run.close();
    }

    private MillraceProcess producer() throws Exception {
        MillraceProcess producer = MillraceProcess.start(
                folder,
                List.of("-Xmx192m"),
                "producer",
                "--run",
                run.run.value(),
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--dataset",
                ProducerRun.dataSet(folder, "Train ", 20).toString(),
                "--batch-groups",
                "4",
                "--samples-per-group",
                "2",
                "--max-new-tokens",
                "64",
                "--reward-type",
                "random");
        producers.add(producer);
        return producer;
    }

    /** 720 MB of prompts, in less than 4 MB. */
    private Path huge() throws Exception {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(part)) {
            byte[] row = ("{\"prompt\": \"" + "p".repeat(PROMPT_CHARS) + "\", \"label\": \"1\"}\n")
                    .getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < PROMPTS_OF_PART; i++) {
                zip.write(row);
            }
        }
        Path file = folder.resolve("huge.jsonl.gz");
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < PROMPTS / PROMPTS_OF_PART; i++) {
                part.writeTo(out);
            }
        }
        assertTrue(Files.size(file) < 4 << 20, () -> file + " is larger than said");
        return file;
    }

    private static void ask(TrainerProcess trainer, String id, Path path) throws Exception {
        ObjectNode body = Json.object();
        body.put("eval_id", id);
        body.putArray("data_sets").addObject().put("name", "d").put("path", path.toString());
        assertStatus(202, trainer.post("/v1/evaluations", body.toString()));
    }

    private static JsonNode await(TrainerProcess trainer, MillraceProcess producer, String id, String state)
            throws Exception {
        Await.until(
                "evaluation " + id + " to be " + state,
                () -> {
                    assertTrue(producer.alive(), producer::printed);
                    return state(trainer, id).equals(state);
                },
                WholeRun.LIMIT);
        return assertOk(trainer.get("/v1/evaluations/" + id));
    }

    private static String state(TrainerProcess trainer, String id) throws Exception {
        return assertOk(trainer.get("/v1/evaluations/" + id)).path("state").asString();
    }

    private List<EvalRecord.Failed> failures() throws Exception {
        List<EvalRecord.Failed> failures = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : run.records(run.topics.evals())) {
            if (ControlCodec.decode(record.value(), EvalRecord.class) instanceof EvalRecord.Failed failed) {
                failures.add(failed);
            }
        }
        return failures;
    }

    @Test
    void oneThatIsMoreThanTheProducersMemoryIsRefusedOnceAndTheProducerGoesOn() throws Exception {
        TrainerProcess trainer = run.trainer(Map.of());
        MillraceProcess first = producer();
        Path small = ProducerRun.dataSet(folder, "Eval ", 3);
        ask(trainer, "huge", huge());
        JsonNode failed = await(trainer, first, "huge", "failed");
        String cause = failed.path("cause").asString();
        assertTrue(cause.contains("--eval-bytes-max") && cause.contains("huge.jsonl.gz"), cause);
        ask(trainer, "after", small);
        await(trainer, first, "after", "running");

        first.terminate();
        assertEquals(0, first.exitCode(WholeRun.LIMIT), first::printed);
        MillraceProcess second = producer();
        ask(trainer, "after-its-next-start", small);
        await(trainer, second, "after-its-next-start", "running");
        assertFalse(second.printed().contains("huge"), second::printed);
        assertEquals(
                List.of("huge"),
                failures().stream().map(EvalRecord.Failed::evalId).toList());
    }
}
