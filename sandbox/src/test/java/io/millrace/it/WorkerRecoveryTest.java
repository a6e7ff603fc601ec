package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.testing.Await;
import io.millrace.common.topics.Lane;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker makes of trouble around it; real broker, real HTTP engines. */
class WorkerRecoveryTest {
    @TempDir
    Path folder;

    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private static void faults(WorkerRun run, EngineServer engine, String kind, int count) throws Exception {
        run.post(engine, "/admin/faults", Json.object().put("kind", kind).put("count", count));
    }

    private static String text(TrainingTask task) {
        return new String(ControlCodec.encode(task), StandardCharsets.UTF_8);
    }

    private static Map<Long, Receipt> byGroup(List<Receipt> receipts) {
        return receipts.stream()
                .collect(Collectors.toMap(receipt -> receipt.groupIndex().value(), receipt -> receipt));
    }

    @Test
    void aHungGenerationEndsAtItsDeadlineAndOthersGoOn() throws Exception {
        EngineServer engine = run.engine(Map.of());
        faults(run, engine, "hang", 1);
        WorkerRun.Worker worker = run.worker(Map.of("slots", "4"), engine.url());
        run.publish(WorkerRun.within(WorkerRun.task(0, 4), Duration.ofSeconds(4)));
        // The first request is the one that hangs; groups are tokenized side by side, so the others come after it.
        Await.until(
                "three samples of the first group are made, or its time is over",
                () -> worker.status().path("slots_in_use").asInt(0) == 1
                        || run.receipts().size() == 1,
                WorkerRun.LIMIT);
        run.publish(
                WorkerRun.within(WorkerRun.task(1, 4), Duration.ofMinutes(5)),
                WorkerRun.within(WorkerRun.task(2, 4), Duration.ofMinutes(5)));

        Map<Long, Receipt> receipts = byGroup(run.awaitReceipts(3));
        Receipt.Failure failure =
                assertInstanceOf(Receipt.Failure.class, receipts.get(0L).outcome());
        assertEquals("deadline", failure.kind());
        assertInstanceOf(Receipt.Success.class, receipts.get(1L).outcome());
        assertInstanceOf(Receipt.Success.class, receipts.get(2L).outcome());
        run.publish(WorkerRun.task(3, 4));
        assertEquals(4, run.awaitReceipts(4).size(), "all four slots are free again");
    }

    @Test
    void anEngineRestartedUnderTheWorkerCostsNoAttempt() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "3s"));
        String port = Integer.toString(engine.port());
        run.worker(Map.of("slots", "8", "request-attempts", "2", "engine-rest", "100ms"), engine.url());
        run.publish(WorkerRun.within(WorkerRun.task(0, 8), Duration.ofMinutes(2)));
        Await.until("8 requests under way", () -> run.requests(engine).size() == 8, WorkerRun.LIMIT);
        engine.close();
        run.engine(Map.of("engine-port", port));

        // Stopped in order it answered its requests with aborts, one counted try each; the second try waits for it.
        assertInstanceOf(Receipt.Success.class, run.awaitReceipts(1).getFirst().outcome());
    }

    @Test
    void anEngineThatIsAwayIsWaitedForWhileTheAttemptHasTime() throws Exception {
        int port = MillraceProcess.freePorts(1);
        run.worker(Map.of("slots", "8", "request-attempts", "1"), "http://127.0.0.1:" + port);
        run.publish(
                WorkerRun.within(WorkerRun.task(0, 8), Duration.ofMinutes(2)),
                WorkerRun.within(WorkerRun.task(1, 8), Duration.ofSeconds(3)));
        Receipt late = run.awaitReceipts(1).getFirst();
        assertEquals(1, late.groupIndex().value());
        assertInstanceOf(Receipt.Failure.class, late.outcome());

        run.engine(Map.of("engine-port", Integer.toString(port)));
        Map<Long, Receipt> receipts = byGroup(run.awaitReceipts(2));
        assertInstanceOf(Receipt.Success.class, receipts.get(0L).outcome(), "one request was allowed to fail");
    }

    @Test
    void aStoppedWorkerHandsItsGroupsBack() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "10m"));
        WorkerRun.Worker worker =
                run.worker(Map.of("slots", "8", "prefetch", "2", "stop-mode", "hand-back"), engine.url());
        run.publish(8, 4);
        Await.until(
                "two groups generating and two waiting",
                () -> worker.status().path("groups").size() == 4,
                WorkerRun.LIMIT);
        worker.stop();

        List<Receipt> receipts = run.awaitReceipts(4);
        assertEquals(4, receipts.size());
        receipts.forEach(receipt -> assertInstanceOf(Receipt.HandedBack.class, receipt.outcome()));
        assertEquals(4, byGroup(receipts).size());
        assertTrue(run.statuses.getLast().groups().isEmpty(), "the last status holds nothing");
    }

    @Test
    void eightGroupsHandedBackAreFinishedByAnotherWorker() throws Exception {
        EngineServer slow = run.engine(Map.of("latency-median", "10m"));
        EngineServer quick = run.engine(Map.of());
        WorkerRun.Worker first = run.worker(
                Map.of("slots", "16", "prefetch", "4", "stop-mode", "hand-back", "worker-id", "first"), slow.url());
        run.publish(8, 4);
        Await.until(
                "four groups generating and four waiting",
                () -> first.status().path("groups").size() == 8,
                WorkerRun.LIMIT);
        first.stop();
        assertEquals(8, byGroup(run.awaitReceipts(8)).size());

        run.worker(Map.of("slots", "16", "worker-id", "second"), quick.url());
        run.publishAgain(LongStream.range(0, 8)
                .mapToObj(index -> WorkerRun.task(index, 4))
                .toList());
        List<Receipt> receipts = run.awaitReceipts(16);
        Map<Long, Receipt> second = byGroup(receipts.subList(8, 16));
        assertEquals(8, second.size());
        second.values().forEach(receipt -> {
            assertInstanceOf(Receipt.Success.class, receipt.outcome());
            assertEquals(2, receipt.attempt().value());
            assertEquals("second", receipt.worker().workerId());
        });
    }

    @Test
    void whatIsNotDrainedInTimeIsHandedBack() throws Exception {
        EngineServer engine = run.engine(Map.of());
        faults(run, engine, "hang", 1);
        WorkerRun.Worker worker =
                run.worker(Map.of("slots", "8", "drain-timeout", "2s", "hand-back-timeout", "1s"), engine.url());
        run.publish(2, 4);
        run.awaitReceipts(1);
        worker.stop();

        Map<String, Long> outcomes = run.awaitReceipts(2).stream()
                .collect(Collectors.groupingBy(
                        receipt -> receipt.outcome().getClass().getSimpleName(), Collectors.counting()));
        assertEquals(Map.of("Success", 1L, "HandedBack", 1L), outcomes);
    }

    @Test
    void recordsThatAreNoTasksBecomeDeadLetters() throws Exception {
        EngineServer engine = run.engine(Map.of());
        byte[] absurd = text(WorkerRun.task(1, 4000))
                .replace("\"samples\":4000", "\"samples\":2000000000")
                .getBytes(StandardCharsets.UTF_8);
        byte[] negative = text(WorkerRun.task(7, 4))
                .replace("\"group_index\":7", "\"group_index\":-7")
                .getBytes(StandardCharsets.UTF_8);
        run.publishValues(Arrays.asList(
                "garbage".getBytes(StandardCharsets.UTF_8),
                null,
                "{\"v\":0}".getBytes(StandardCharsets.UTF_8),
                negative,
                absurd,
                ControlCodec.encode(WorkerRun.task(0, 4))));
        run.worker(Map.of("slots", "8"), engine.url());

        Map<Long, Receipt> receipts = byGroup(run.awaitReceipts(2));
        assertInstanceOf(Receipt.Success.class, receipts.get(0L).outcome());
        assertEquals(
                "task-refused",
                assertInstanceOf(Receipt.Failure.class, receipts.get(1L).outcome())
                        .kind());
        List<Long> offsets = run.deadLetters().stream()
                .map(letter -> assertInstanceOf(DeadLetter.Unreadable.class, letter))
                .peek(letter -> assertEquals(run.topics.lane(Lane.TRAINING), letter.topic()))
                .map(DeadLetter.Unreadable::offset)
                .toList();
        assertEquals(List.of(0L, 1L, 2L, 3L), offsets);
    }

    @Test
    void aFullDiskUnderTheLogDoesNotStopTheWork() throws Exception {
        EngineServer engine = run.engine(Map.of());
        int port = MillraceProcess.freePorts(1);
        List<String> command = MillraceProcess.command(
                "worker",
                "--run",
                run.run.value(),
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--engine-url",
                engine.url(),
                "--ops-port",
                Integer.toString(port));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(key -> key.startsWith("MILLRACE_"));
        Path full = Path.of("/dev/full");
        Process worker = builder.redirectOutput(full.toFile())
                .redirectError(full.toFile())
                .start();
        try {
            run.publish(4, 4);
            assertEquals(4, byGroup(run.awaitReceipts(4)).size());
            assertTrue(worker.isAlive());
            worker.destroy();
            assertTrue(worker.waitFor(60, TimeUnit.SECONDS));
        } finally {
            worker.destroyForcibly();
        }
    }

    @Test
    void aWorkerOutOfMemoryEnds() throws Exception {
        // Answers far larger than the heap: 64 samples of a megabyte of text each, times log-probabilities.
        EngineServer engine =
                run.engine(Map.of("filler-median", "60000", "context-length", "200000", "latency-median", "10ms"));
        run.publish(WorkerRun.task(0, 64, "Tell me everything.", null, 150_000));
        MillraceProcess worker = MillraceProcess.start(
                folder,
                List.of("-Xmx48m", "-XX:+ExitOnOutOfMemoryError"),
                "worker",
                "--run",
                run.run.value(),
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--engine-url",
                engine.url(),
                "--ops-port",
                Integer.toString(MillraceProcess.freePorts(1)));
        try {
            assertEquals(3, worker.exitCode(Duration.ofSeconds(90)), worker.printed());
        } finally {
            worker.end();
        }
    }
}
