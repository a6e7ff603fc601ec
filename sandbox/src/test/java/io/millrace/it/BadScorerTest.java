package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.ops.audit.AuditCommand;
import io.millrace.sandbox.engine.EngineServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A real program judges the samples of a whole run, and does each bad thing once. */
class BadScorerTest {
    private static final List<String> BAD = List.of("hang", "crash", "garbage", "memory");
    private static final int GROUPS = 8;
    private static final int BATCH = 4;

    /** What a row's label says it does, the first time that it sees the label; else it answers 1. */
    private static final String JUDGE = """
            once() { mkdir "$folder/$1" 2> /dev/null; }
            while read -r line; do
              case "$line" in
              *'"label":"hang"'*) if once hang; then sleep 1000; fi ;;
              *'"label":"crash"'*) if once crash; then kill -9 $$; fi ;;
              *'"label":"garbage"'*) if once garbage; then echo 'Traceback: no number'; echo 0; echo 0; continue; fi ;;
              *'"label":"memory"'*) if once memory; then
                dd if=/dev/zero of=/dev/null bs=2000000000 count=1 2> /dev/null || exit 9; fi ;;
              esac
              echo 1
            done
            """;

    @TempDir
    Path folder;

    private Path dataSet() throws Exception {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            rows.append(Json.object()
                    .put("prompt", "Question " + i + "?")
                    .put("label", i % 2 == 0 ? BAD.get(i / 2) : "good"));
            rows.append('\n');
        }
        return Files.writeString(folder.resolve("prompts.jsonl"), rows);
    }

    private String judge() throws Exception {
        Path program = Files.writeString(folder.resolve("judge.sh"), "folder='" + folder + "'\n" + JUDGE);
        return "/bin/sh '" + program + "'";
    }

    @Test
    void aScorerThatHangsCrashesPrintsGarbageOrEatsMemoryCostsItsOwnAttemptAndNothingElse() throws Exception {
        WholeRun run = new WholeRun(Map.of("batch-groups", "" + BATCH, "samples-per-group", "2"));
        try {
            EngineServer engine = run.engine(Map.of());
            run.producer(Map.of(
                    "dataset", dataSet().toString(), "reward-type", "command", "epochs", "1", "shuffle", "false"));
            TrainerProcess trainer = run.trainer(Map.of());
            run.worker(
                    engine,
                    Map.of(
                            "scorer-command",
                            judge(),
                            "scorer-memory",
                            "200MiB",
                            "reward-timeout",
                            "3s",
                            "reward-concurrency",
                            "2"));
            for (int step = 0; step < GROUPS / BATCH; step++) {
                JsonNode batch = WholeRun.train(trainer);
                for (JsonNode group : batch.path("groups")) {
                    for (JsonNode sample : group.path("samples")) {
                        assertEquals(1, sample.path("reward").path("value").asDouble(), group::toString);
                    }
                }
            }
            Map<Long, List<String>> failed = failures(run);
            assertEquals(BAD.size(), failed.size(), failed::toString);
            for (int i = 0; i < BAD.size(); i++) {
                List<String> kinds = failed.get(2L * i);
                assertEquals(
                        List.of(BAD.get(i).equals("hang") ? "reward-timeout" : "reward-broken"), kinds, BAD.get(i));
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            int exitCode = new AuditCommand(new PrintStream(out, true, StandardCharsets.UTF_8))
                    .run(new AuditCommand.Settings(
                            run.run,
                            true,
                            null,
                            Duration.ofSeconds(30),
                            new KafkaSettings(KafkaCluster.bootstrap(), Map.of())));
            assertEquals(0, exitCode, out::toString);
            assertEquals(
                    GROUPS,
                    Json.MAPPER.readTree(out.toByteArray()).path("trained").asInt(-1),
                    out::toString);
            assertTrue(run.records(run.topics.deadLetters()).isEmpty());
        } finally {
            run.close();
        }
    }

    /** By group, why its attempts failed. */
    private static Map<Long, List<String>> failures(WholeRun run) throws Exception {
        Map<Long, List<String>> failures = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record : run.records(run.topics.receipts(GroupKind.TRAINING))) {
            Receipt receipt = ControlCodec.decode(record.value(), Receipt.class);
            if (!(receipt.outcome() instanceof Receipt.Success)) {
                Receipt.Failure failure = assertInstanceOf(Receipt.Failure.class, receipt.outcome());
                failures.merge(receipt.groupIndex().value(), List.of(failure.kind()), (one, other) -> {
                    throw new AssertionError("more than one attempt failed: " + one + other + failure.message());
                });
            }
        }
        return failures;
    }
}
