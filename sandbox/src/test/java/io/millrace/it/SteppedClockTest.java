package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.Await;
import io.millrace.sandbox.broker.BrokerSettings;
import io.millrace.sandbox.broker.EmbeddedBroker;
import io.millrace.sandbox.clock.SteppedClock;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.proxy.FaultProxy;
import io.millrace.sandbox.proxy.LinkState;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker process whose wall clock is set while it runs, for its Kafka clients too. */
@Tag("thorough")
class SteppedClockTest {
    private static final int STEPS = 5;
    private static final int GROUPS_PER_STEP = 3;

    @TempDir
    Path folder;

    private WorkerRun run;
    private final int opsPort = MillraceProcess.freePorts(1);

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private void set(Duration ahead) throws Exception {
        Path next = folder.resolve("next");
        Files.writeString(next, Long.toString(ahead.toSeconds()));
        Files.move(next, clock(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path clock() {
        return folder.resolve("clock");
    }

    private MillraceProcess worker(WorkerRun run, String bootstrap, EngineServer engine) throws Exception {
        Path agent = folder.resolve("agent.jar");
        SteppedClock.writeAgent(agent);
        set(Duration.ZERO);
        return MillraceProcess.start(
                folder,
                List.of("-javaagent:" + agent + "=" + clock()),
                "worker",
                "--run",
                run.run.value(),
                "--bootstrap",
                bootstrap,
                "--engine-url",
                engine.url(),
                "--slots",
                "8",
                "--ops-port",
                Integer.toString(opsPort));
    }

    private String health() throws Exception {
        HttpURLConnection ready = (HttpURLConnection) URI.create("http://127.0.0.1:" + opsPort + "/health/ready")
                .toURL()
                .openConnection();
        try (InputStream body = ready.getResponseCode() < 400 ? ready.getInputStream() : ready.getErrorStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            ready.disconnect();
        }
    }

    /** What hangs by the clock is a poll that has met the end of a transaction: one step may fall beside it, hardly all. */
    @Test
    void aWorkerWhoseClockStepsBackAnHourTimeAndAgainGoesOnClaiming() throws Exception {
        EngineServer engine = run.engine(Map.of());
        MillraceProcess worker = worker(run, KafkaCluster.bootstrap(), engine);
        try {
            run.publish(4, 2);
            run.awaitReceipts(4);
            int groups = 4;
            for (int step = 1; step <= STEPS; step++) {
                set(Duration.ofHours(-step));
                for (int i = 0; i < GROUPS_PER_STEP; i++) {
                    run.publish(WorkerRun.task(groups++, 2));
                    run.awaitReceipts(groups);
                }
            }
            for (String part : List.of("claim", "claim-evaluation")) {
                Await.until(
                        part + " to have consumers that know the new time",
                        () -> worker.printed().contains(part + ": the share consumers are built anew: the wall clock"),
                        WorkerRun.LIMIT);
            }
            assertTrue(worker.alive(), worker::printed);
        } finally {
            worker.end();
        }
    }

    /** By Kafka's clients it is hours that the name is not known. */
    @Test
    void aBrokersNameThatIsNotKnownForHoursIsWaitedForByClientsThatLive() throws Exception {
        EngineServer engine = run.engine(Map.of());
        MillraceProcess worker = worker(run, "no-such-host.invalid:9092", engine);
        try {
            awaitWaits(worker, 1);
            set(Duration.ofHours(2));
            awaitWaits(worker, 3);
            assertFalse(worker.printed().contains("thread has exited"), worker::printed);
            assertTrue(worker.alive(), worker::printed);
        } finally {
            worker.end();
        }
    }

    private static void awaitWaits(MillraceProcess worker, long lines) throws Exception {
        Await.until(
                lines + " lines that say the wait",
                () -> worker.printed()
                                .lines()
                                .filter(line -> line.contains("waits for a broker"))
                                .count()
                        >= lines,
                WorkerRun.LIMIT);
    }

    /** What waits for metadata of a topic never sent to, and what waits in a batch, each have a round. */
    @Test
    void resultsThatWaitForTheBrokerOutliveAClockSetAheadByHours() throws Exception {
        int first = MillraceProcess.freePorts(2);
        EmbeddedBroker broker = EmbeddedBroker.start(
                new BrokerSettings(
                        "127.0.0.1",
                        0,
                        List.of(first + ":" + (first + 1)),
                        1,
                        List.of(),
                        folder.resolve("data"),
                        false),
                Map.of());
        FaultProxy link = FaultProxy.start(first + 1, new InetSocketAddress(InetAddress.getLoopbackAddress(), first));
        WorkerRun own = new WorkerRun(broker.bootstrap(), Map.of());
        EngineServer engine = own.engine(Map.of("latency-median", "2s"));
        MillraceProcess worker = worker(own, "127.0.0.1:" + link.port(), engine);
        try {
            for (int round = 1; round <= 2; round++) {
                int groups = round;
                own.publish(WorkerRun.task(groups - 1, 2));
                Await.until("the engine to work", () -> own.requests(engine).size() == 2 * groups, WorkerRun.LIMIT);
                link.set(new LinkState.BlackHole());
                Await.until(
                        "results to wait",
                        () -> health().contains("the broker, which takes no results"),
                        WorkerRun.LIMIT);
                set(Duration.ofHours(2L * groups));
                Await.until(
                        "the worker to know",
                        () -> worker.printed().split("claim: the share consumers are built anew", -1).length > groups,
                        WorkerRun.LIMIT);
                link.set(new LinkState.Clear());
                Await.until(
                        groups + " receipts",
                        () -> {
                            assertTrue(worker.alive(), worker::printed);
                            return own.receipts().size() >= groups;
                        },
                        WorkerRun.LIMIT);
            }
            assertEquals(2, own.groups().size());
            assertTrue(worker.printed().contains("not present in metadata"), worker::printed);
            assertTrue(worker.printed().contains("since batch creation"), worker::printed);
            assertTrue(worker.alive(), worker::printed);
        } finally {
            worker.end();
            own.close();
            link.close();
            broker.close();
        }
    }
}
