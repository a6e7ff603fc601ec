package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

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

    @Test
    void theProducerSaysThatNoFurtherWorkerHasAPlace() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                lines.add(event.getFormattedMessage());
            }
        };
        appender.start();
        Logger logger = (Logger) LoggerFactory.getLogger("io.millrace.producer.queue.ShareGroupRoom");
        logger.addAppender(appender);
        ProducerRun producing = new ProducerRun(broker.bootstrap());
        try {
            producing.start(ProducerRun.dataSet(folder, "q", 20));
            WorkerIncarnation worker = new WorkerIncarnation("w", "7");
            AtomicLong sequence = new AtomicLong();
            Await.until(
                    "it is said",
                    () -> {
                        // As a worker does all the time.
                        producing.write(
                                producing.topics.workers(),
                                worker.key(),
                                new WorkersRecord.Status(
                                        worker,
                                        sequence.incrementAndGet(),
                                        WorkersRecord.State.RUNNING,
                                        0,
                                        4,
                                        0,
                                        List.of(),
                                        List.of(),
                                        0,
                                        0,
                                        0,
                                        0));
                        return !lines.isEmpty();
                    },
                    WorkerRun.LIMIT);
        } finally {
            producing.close();
            logger.detachAppender(appender);
        }
        assertTrue(
                lines.getFirst()
                        .startsWith("1 workers are at work, and the broker's group.share.max.size lets 1 claim"),
                lines::toString);
    }
}
