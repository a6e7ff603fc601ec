package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.Receipt;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker of the test's own goes away under a worker. */
class WorkerOutageTest {
    @TempDir
    Path folder;

    private int port;
    private @Nullable EmbeddedBroker broker;
    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        startBroker();
        run = new WorkerRun("127.0.0.1:" + port, Map.of());
    }

    @AfterEach
    void end() throws Exception {
        if (broker == null) {
            startBroker();
        }
        run.close();
        stopBroker();
    }

    /** On what it has written before. */
    private void startBroker() {
        broker = EmbeddedBroker.start(
                new BrokerSettings("127.0.0.1", port, List.of(), 1, List.of(), folder.resolve("data"), true));
        port = broker.port();
    }

    private void stopBroker() {
        if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    private Set<Long> finished() throws Exception {
        return run.receipts().stream()
                .filter(receipt -> receipt.outcome() instanceof Receipt.Success)
                .map(receipt -> receipt.groupIndex().value())
                .collect(Collectors.toSet());
    }

    @Test
    void aWorkerWaitsForTheBrokerAndGoesOnClaimingAfterwards() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "2s"));
        WorkerRun.Worker worker = run.worker(Map.of("slots", "8", "status-interval", "500ms"), engine.url());
        run.publish(8, 4);
        run.awaitReceipts(1);
        stopBroker();
        Await.until(
                "health names the broker",
                () -> worker.health().contains("the broker, which has not taken the last status"),
                WorkerRun.LIMIT);
        Await.until(
                "what was claimed is generated and held",
                () -> worker.status().path("slots_in_use").intValue() == 0,
                WorkerRun.LIMIT);
        int held = worker.status().path("groups").size();
        assertTrue(held > 0, "nothing leaves the table without its receipt");

        startBroker();
        Await.until("all eight groups finish", () -> finished().size() == 8, WorkerRun.LIMIT);
        // The hand that writes tasks has waited too.
        run.publish(WorkerRun.task(8, 4), WorkerRun.task(9, 4));
        Await.until("groups published afterwards finish", () -> finished().size() == 10, WorkerRun.LIMIT);
        Await.until("health forgets the broker", () -> !worker.health().contains("has not taken"), WorkerRun.LIMIT);
    }

    @Test
    void aWorkerStoppedWithoutABrokerSaysWhichGroupsItLeaves() throws Exception {
        EngineServer engine = run.engine(Map.of("latency-median", "10m"));
        WorkerRun.Worker worker = run.worker(Map.of("slots", "4", "stop-mode", "hand-back"), engine.url());
        run.publish(1, 4);
        Await.until(
                "the group is generating",
                () -> worker.status().path("slots_in_use").intValue() == 4,
                WorkerRun.LIMIT);
        stopBroker();
        StopSequence.StopFailedException failure = assertThrows(StopSequence.StopFailedException.class, worker::stop);
        String said = failure + " " + List.of(failure.getSuppressed());
        assertTrue(said.contains("neither finished") && said.contains("groupIndex=0"), said);
    }
}
