package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.wire.RolloutBatchCodec;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.RoutedExperts;
import io.millrace.trainer.batch.BatchBody;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Groups whose samples bring the experts of every token, which makes them far larger than a record may be. */
class RoutedExpertsTest {
    private static final int SAMPLES = 2;
    private static final int LAYERS = 72;
    private static final int TOPK = 1024;
    private static final int RESPONSE_TOKENS = 200;
    private static final long BYTES = 120_000_000;

    /** What a trainer's own client makes of it: how many bytes, and the sum of all experts. */
    private static final String CLIENT = """
            import sys
            from array import array
            from millrace import Client
            client = Client(sys.argv[1])
            batch = client.fetch(client.lease())
            total = values = 0
            for sample in batch.samples:
                experts = sample.tensors["routed_experts"]
                assert experts.shape[0] == len(sample.tokens) - 1, experts.shape
                view = experts.data.cast("i")
                values += len(view)
                total += sum(view)
            print(len(batch.samples), values, total)
            """;

    @TempDir
    Path folder;

    private WholeRun run;

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    @Test
    void aGroupOf120MegabytesArrivesWhole() throws Exception {
        run = new WholeRun(Map.of("samples-per-group", "" + SAMPLES, "batch-groups", "1"));
        EngineServer engine = run.engine(Map.of("expert-layers", "" + LAYERS, "expert-topk", "" + TOPK));
        Map<String, String> asked = new HashMap<>(Map.of(
                "dataset", ProducerRun.dataSet(folder, "Question number ", 1).toString(),
                "reward-type", "random",
                "epochs", "1"));
        asked.putAll(Map.of(
                "answer-tensors", "routed_experts",
                "max-new-tokens", "" + RESPONSE_TOKENS,
                "sampling-param", "ignore_eos=true"));
        TrainerProcess trainer = run.trainer(Map.of());
        WholeRun.Part producer = run.producer(asked);
        WholeRun.Part worker = run.worker(engine, Map.of("slots", "1"));

        TrainerRun.assertOk(trainer.leaseNext(60_000));
        byte[] blob = trainer.batch(BatchBody.SAFETENSORS).body();
        assertTrue(blob.length > BYTES, () -> blob.length + " bytes");
        long[] sums = sums(blob);
        assertEquals(
                SAMPLES + " " + sums[0] + " " + sums[1],
                python(CLIENT, "http://127.0.0.1:" + trainer.port()).strip());
        assertEquals(
                "[\"routed_experts\"]",
                trainer.batch().json().path("safetensors_only").toString(),
                "the other form says what it lacks");
        worker.stop();
        producer.stop();
    }

    /** How many experts, and their sum, after each was compared with the model's. */
    private static long[] sums(byte[] blob) throws Exception {
        var group = RolloutBatchCodec.decode(blob).groups().getFirst();
        Tensor tensor = group.extras().get("routed_experts");
        ByteBuffer data = ByteBuffer.wrap(tensor.data()).order(ByteOrder.LITTLE_ENDIAN);
        long[] sums = new long[2];
        int tokenAt = 0;
        for (SampleHeader sample : group.header().samples()) {
            assertEquals(
                    sample.tokenCount() - 1,
                    sample.tensorShapes().get("routed_experts").getFirst());
            for (int place = 0; place < sample.tokenCount() - 1; place++) {
                for (int layer = 0; layer < LAYERS; layer++) {
                    for (int rank = 0; rank < TOPK; rank++) {
                        int expert = data.getInt();
                        assertEquals(
                                RoutedExperts.expert(group.tokens()[tokenAt + place], place, layer, rank, "default"),
                                expert);
                        sums[0]++;
                        sums[1] += expert;
                    }
                }
            }
            tokenAt += sample.tokenCount();
        }
        assertEquals(0, data.remaining());
        return sums;
    }

    private String python(String program, String... arguments) throws Exception {
        Path file = Files.writeString(folder.resolve("client.py"), program);
        String[] command = new String[arguments.length + 2];
        command[0] = "python3";
        command[1] = file.toString();
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .put("PYTHONPATH", Path.of("../python/src").toAbsolutePath().toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES), said);
        assertEquals(0, process.exitValue(), said);
        return said;
    }
}
