package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.topics.Lane;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GroupRunTest {
    @Test
    void exactlyOneSampleClosesTheGroup() throws Exception {
        for (int round = 0; round < 200; round++) {
            GroupRun run = run(8);
            AtomicInteger closers = new AtomicInteger();
            CountDownLatch go = new CountDownLatch(1);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int sample = 0; sample < 8; sample++) {
                    int i = sample;
                    threads.execute(() -> {
                        assertTrue(run.begin(i));
                        awaitQuietly(go);
                        if (run.end(i)) {
                            closers.incrementAndGet();
                        }
                    });
                }
                go.countDown();
            }
            assertEquals(1, closers.get());
        }
    }

    @Test
    void aFailureInterruptsSiblingsAndLaterSamplesDoNotRun() throws Exception {
        GroupRun run = run(3);
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.execute(() -> {
                assertTrue(run.begin(0));
                waiting.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                run.end(0);
            });
            assertTrue(waiting.await(30, TimeUnit.SECONDS));
            assertTrue(run.begin(1));
            assertTrue(run.endEarly(new EarlyEnd.Failed("engine-refused", "400")));
            assertFalse(run.endEarly(new EarlyEnd.Failed("later", "does not count")));
            assertTrue(interrupted.await(30, TimeUnit.SECONDS));
        }
        assertFalse(run.begin(2), "a sample of a failed group must not run");
        assertEquals(new EarlyEnd.Failed("engine-refused", "400"), run.earlyEnd());
        assertFalse(run.end(1));
        assertTrue(run.end(2));
    }

    @Test
    void samplesThatNeverGotASlotCountAsThrough() {
        GroupRun run = run(4);
        assertTrue(run.begin(0));
        run.endEarly(new EarlyEnd.Failed("k", "m"));
        assertFalse(run.skip(3), "the sample that runs closes the group");
        assertTrue(run.end(0));
    }

    @Test
    void aGroupCutOffAtTheEndOfTheProcessIsNeverClosed() {
        GroupRun run = run(2);
        run.begin(0);
        run.begin(1);
        run.cutOff();
        assertFalse(run.end(0));
        assertFalse(run.end(1));
    }

    @Test
    void theInterruptMeantForASampleDoesNotOutliveIt() {
        GroupRun run = run(1);
        run.begin(0);
        Thread.currentThread().interrupt();
        run.end(0);
        assertFalse(Thread.currentThread().isInterrupted());
    }

    @Test
    void aTextPromptGoesAsTextUntilItIsTokenized() {
        GroupRun run = run(2);
        assertNull(run.promptIds());
        run.tokenized(new int[] {4, 2});
        assertArrayEquals(new int[] {4, 2}, run.promptIds());
    }

    /** What the log has lost may be another attempt's place by now. */
    @Test
    void aPartialGroupOfAnotherAttemptIsNotTheOneThatIsGoneOnWith() {
        RolloutGroup named = TestingRollouts.group(5, 1, 2);
        PartialRef ref = new PartialRef(List.of(40L), new Attempt(1), new Lineage(0), new WeightVersion(0), 6);
        TrainingTask task = task(2).from(ref);
        new GroupRun(task, Lane.TRAINING, 0, 0).restore(named);
        refused(task, TestingRollouts.group(6, 1, 2), "group 6 ");
        refused(task, TestingRollouts.group(5, 2, 2), "of attempt 2 of group 5 ");
        refused(task, TestingRollouts.group(5, 1, 1), "with 1 samples, 3 tokens");
        refused(task, TestingRollouts.inLineage(named, 1), "in lineage 1");
        refused(task, TestingRollouts.withVersions(named, 1, 1, 1), "since version 1");
    }

    private static void refused(TrainingTask task, RolloutGroup other, String why) {
        GroupRun run = new GroupRun(task, Lane.TRAINING, 0, 0);
        String message = assertThrows(IllegalArgumentException.class, () -> run.restore(other))
                .getMessage();
        assertTrue(message.contains(why), message);
        assertFalse(run.asTheyAre().responseTokens() > 0, "nothing of it is gone on with");
    }

    @Test
    void aMissingSampleIsABugNotABatch() {
        assertThrows(IllegalStateException.class, () -> run(1).samples());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static GroupRun run(int samples) {
        return new GroupRun(task(samples), Lane.TRAINING, 0, 0);
    }

    static TrainingTask task(int samples) {
        return task(samples, null);
    }

    /** @param timeLimit null for none */
    static TrainingTask task(int samples, @Nullable Duration timeLimit) {
        return new TrainingTask(
                new GroupIndex(5),
                new Attempt(1),
                samples,
                new Lineage(0),
                new WeightVersion(0),
                0,
                new Prompt.Text("1 + 1 = ?"),
                "2",
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("fp", 0, 0, 1),
                timeLimit == null ? null : timeLimit.toMillis(),
                null);
    }
}
