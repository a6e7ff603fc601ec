package io.millrace.it;

import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker of the test's own, which lets one worker claim. */
class FullShareGroupTest {
    private static final String WAITS = "a place in the share group, which is full";

    @TempDir
    Path folder;

    private EmbeddedBroker broker;
    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        broker = EmbeddedBroker.start(
                new BrokerSettings("127.0.0.1", 0, List.of(), 1, List.of(), folder.resolve("data"), false),
                Map.of("group.share.max.size", "1"));
        run = new WorkerRun(broker.bootstrap(), Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
        broker.close();
    }

    @Test
    void aWorkerTooManyWaitsForAPlaceAndTakesTheOneThatComesFree() throws Exception {
        EngineServer engine = run.engine(Map.of());
        Map<String, String> flags = Map.of("slots", "4", "eval-share", "0");
        WorkerRun.Worker first = run.worker(flags, engine.url());
        run.publish(2, 2);
        run.awaitReceipts(2);
        WorkerRun.Worker second = run.worker(flags, engine.url());
        Await.until("the second says what it waits for", () -> second.health().contains(WAITS), WorkerRun.LIMIT);
        run.publish(WorkerRun.task(2, 2));
        run.awaitReceipts(3);

        first.stop();
        run.publish(WorkerRun.task(3, 2), WorkerRun.task(4, 2));
        run.awaitReceipts(5);
        Await.until("the second has its place", () -> !second.health().contains(WAITS), WorkerRun.LIMIT);
    }
}
