package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.Await;
import io.millrace.sandbox.clock.SteppedClock;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker process whose wall clock is set while it runs, for its Kafka clients too. */
class SteppedClockTest {
    private static final int STEPS = 5;
    private static final int GROUPS_PER_STEP = 3;

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

    private void set(Path clock, Duration ahead) throws Exception {
        Path next = folder.resolve("next");
        Files.writeString(next, Long.toString(ahead.toSeconds()));
        Files.move(next, clock, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What hangs by the clock is a poll that has met the end of a transaction: one step may fall beside it, hardly all. */
    @Test
    void aWorkerWhoseClockStepsBackAnHourTimeAndAgainGoesOnClaiming() throws Exception {
        EngineServer engine = run.engine(Map.of());
        Path agent = folder.resolve("agent.jar");
        Path clock = folder.resolve("clock");
        SteppedClock.writeAgent(agent);
        set(clock, Duration.ZERO);
        MillraceProcess worker = MillraceProcess.start(
                folder,
                List.of("-javaagent:" + agent + "=" + clock),
                "worker",
                "--run",
                run.run.value(),
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--engine-url",
                engine.url(),
                "--slots",
                "8",
                "--ops-port",
                Integer.toString(MillraceProcess.freePorts(1)));
        try {
            run.publish(4, 2);
            run.awaitReceipts(4);
            int groups = 4;
            for (int step = 1; step <= STEPS; step++) {
                set(clock, Duration.ofHours(-step));
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
}
