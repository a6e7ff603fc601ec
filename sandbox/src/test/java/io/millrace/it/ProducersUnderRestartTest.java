package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two producer processes of one run, each started again whenever it ends, as Docker's {@code unless-stopped} does. */
@Tag("thorough")
class ProducersUnderRestartTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int CAPACITY = 8;
    private static final String STANDS_BY = "stands by: producer";

    @TempDir
    Path folder;

    private final ProducerRun run = new ProducerRun();
    private final List<Kept> kept = new ArrayList<>();

    /** A process that is started again, until it is to be gone. */
    private final class Kept {
        private final List<MillraceProcess> starts = new ArrayList<>();
        private final Thread keeper;
        private volatile boolean gone;

        Kept(Path dataSet) throws Exception {
            starts.add(start(dataSet));
            keeper = Thread.ofPlatform().daemon().start(() -> {
                try {
                    while (!gone) {
                        if (!newest().alive()) {
                            synchronized (starts) {
                                starts.add(start(dataSet));
                            }
                        }
                        Thread.sleep(100);
                    }
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            kept.add(this);
        }

        private MillraceProcess start(Path dataSet) throws Exception {
            return MillraceProcess.start(
                    folder,
                    "producer",
                    "--run",
                    run.run.value(),
                    "--bootstrap",
                    KafkaCluster.bootstrap(),
                    "--dataset",
                    dataSet.toString(),
                    "--reward-type",
                    "random",
                    "--batch-groups",
                    "4",
                    "--samples-per-group",
                    "2",
                    "--worker-timeout",
                    "5s",
                    "--ops-port",
                    "0");
        }

        MillraceProcess newest() {
            synchronized (starts) {
                return starts.getLast();
            }
        }

        int restarts() {
            synchronized (starts) {
                return starts.size() - 1;
            }
        }

        void endForGood() throws Exception {
            gone = true;
            keeper.join();
            newest().kill();
        }
    }

    @AfterEach
    void end() throws Exception {
        for (Kept one : kept) {
            one.endForGood();
        }
        run.close();
    }

    private void awaitCommitted(int groups) throws Exception {
        Await.until(groups + " groups", () -> run.committed().size() == groups, LIMIT);
    }

    @Test
    void exactlyOneWorksTheOtherStandsByAndTakesOverOnceTheFirstIsGoneForGood() throws Exception {
        Path dataSet = ProducerRun.dataSet(folder, "q", 100);
        Kept first = new Kept(dataSet);
        awaitCommitted(CAPACITY);
        Kept second = new Kept(dataSet);
        Await.until("the first stands by", () -> first.newest().printed().contains(STANDS_BY), LIMIT);
        run.policy(1, 4);
        awaitCommitted(CAPACITY + 4);
        run.policy(2, 8);
        awaitCommitted(CAPACITY + 8);
        assertEquals(0, first.restarts());
        assertEquals(0, second.restarts());

        // Killed, it is started again and has the run again: whoever starts takes it.
        second.newest().kill();
        Await.until("it is started again", () -> second.restarts() == 1, LIMIT);
        run.policy(3, 12);
        awaitCommitted(CAPACITY + 12);

        second.endForGood();
        Await.until("the first takes over", () -> first.newest().printed().contains("this one takes run"), LIMIT);
        run.policy(4, 16);
        awaitCommitted(CAPACITY + 16);
        assertEquals(0, first.restarts());
        assertTrue(first.newest().alive());
    }
}
