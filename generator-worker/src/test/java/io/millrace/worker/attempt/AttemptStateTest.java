package io.millrace.worker.attempt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SampleTiming;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.topics.Lane;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.VersionWord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AttemptStateTest {
    private static final GroupAssembly ASSEMBLY = new GroupAssembly(new RunId("r"), WorkerIncarnation.start("w"));

    private static AttemptState attempt(TrainingTask task) {
        return new AttemptState(task, Lane.TRAINING, 0, 0);
    }

    private static AttemptState attempt(int samples) {
        return attempt(TestingTasks.task(samples));
    }

    private static void generate(AttemptState attempt, int sample, int tokens, Generation.Finish finish) {
        attempt.sample(sample)
                .add(
                        new Generation(
                                "x".repeat(tokens),
                                new int[tokens],
                                new float[tokens],
                                finish,
                                0,
                                "0",
                                List.of(),
                                null),
                        "http://e",
                        null,
                        VersionWord::number);
    }

    private static void generated(AttemptState attempt, String version, int tokens, Generation.Finish finish) {
        attempt.sample(0)
                .add(
                        new Generation(
                                "x".repeat(tokens),
                                new int[tokens],
                                new float[tokens],
                                finish,
                                0,
                                version,
                                List.of(),
                                null),
                        "http://e",
                        version,
                        VersionWord::number);
    }

    /** slime's --mask-offpolicy-in-partial-rollout. */
    @Test
    void ofASampleThatWasGoneOnWithTheNewestWeightsTokensAloneMayBeTrainedOn() {
        for (boolean masks : new boolean[] {true, false}) {
            AttemptState attempt = attempt(1);
            generated(attempt, "0", 2, Generation.Finish.ABORT);
            generated(attempt, "1", 1, Generation.Finish.ABORT);
            generated(attempt, "2", 3, Generation.Finish.STOP);
            WrittenSample through = attempt.through(0);
            attempt.made(0, List.of(through.rewarded(Reward.of(1), 0)), 0);
            GroupAssembly assembly = new GroupAssembly(new RunId("r"), WorkerIncarnation.start("w"), masks);
            byte old = (byte) (masks ? 0 : 1);
            assertArrayEquals(
                    new byte[] {old, old, old, 1, 1, 1},
                    assembly.result(attempt, 0).lossMask());
        }
    }

    @Test
    void samplesThatNeverGotASlotCountAsThrough() {
        AttemptState attempt = attempt(4);
        assertTrue(attempt.begin(0));
        attempt.endEarly(new EarlyEnd.Failure("k", "m"));
        assertFalse(attempt.skip(3), "the sample that runs closes the group");
        assertTrue(attempt.end());
    }

    @Test
    void aGroupCutOffAtTheEndOfTheProcessIsNeverClosed() {
        AttemptState attempt = attempt(2);
        attempt.begin(0);
        attempt.begin(1);
        attempt.cutOff();
        assertFalse(attempt.end());
        assertFalse(attempt.end());
    }

    @Test
    void theDeadlineCountsFromTheClaim() {
        AttemptState attempt =
                new AttemptState(TestingTasks.task(5, 1, Duration.ofSeconds(3)), Lane.TRAINING, 0, 7_000_000_000L);
        assertEquals(10_000_000_000L, attempt.deadlineNanos());
        assertEquals(Long.MAX_VALUE, attempt(1).deadlineNanos());
    }

    /** However a group's samples start, run, end and are given up: it is closed once, by the last of them. */
    @Test
    void whateverTheOrderOfEventsExactlyOneClosesTheGroup() {
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            int samples = 1 + random.nextInt(6);
            AttemptState attempt = attempt(samples);
            int waiting = samples;
            int next = 0;
            List<Integer> running = new ArrayList<>();
            int closers = 0;
            int ungenerated = samples;
            while (closers == 0) {
                assertTrue(waiting + running.size() > 0, "nobody is left to close the group, seed " + seed);
                int event = random.nextInt(4);
                if (event == 0 && waiting > 0) {
                    waiting--;
                    running.add(next++);
                    assertEquals(attempt.earlyEnd() == null, attempt.begin(running.getLast()), "seed " + seed);
                } else if (event == 1 && !running.isEmpty()) {
                    int sample = running.get(random.nextInt(running.size()));
                    running.remove(Integer.valueOf(sample));
                    if (attempt.earlyEnd() == null) {
                        generate(attempt, sample, 1, Generation.Finish.STOP);
                        TestingTasks.score(attempt, sample, Reward.of(1), 0);
                    }
                    assertEquals(--ungenerated == 0, attempt.generated(1), "seed " + seed);
                    closers += attempt.end() ? 1 : 0;
                } else if (event == 2 && random.nextInt(4) == 0) {
                    attempt.endEarly(new EarlyEnd.Failure("k", "m"));
                } else if (event == 3 && attempt.earlyEnd() != null) {
                    ungenerated -= waiting;
                    attempt.generated(waiting);
                    closers += attempt.skip(waiting) ? 1 : 0;
                    waiting = 0;
                }
            }
            assertEquals(0, waiting + running.size(), "closed too early, seed " + seed);
            assertFalse(attempt.endEarly(new EarlyEnd.Failure("late", "m")), "its result is on its way");
            if (attempt.earlyEnd() == null) {
                assertEquals(
                        samples, ASSEMBLY.result(attempt, 0).header().samples().size());
            }
        }
    }

    @Test
    void aTextPromptGoesAsTextUntilItIsTokenized() {
        AttemptState attempt = attempt(2);
        assertNull(attempt.promptIds());
        attempt.tokenized(new int[] {4, 2});
        assertArrayEquals(new int[] {4, 2}, attempt.promptIds());
    }

    /** What the log has lost may be another attempt's place by now. */
    @Test
    void aPartialGroupOfAnotherAttemptIsNotTheOneThatIsGoneOnWith() {
        RolloutGroup named = TestingRollouts.group(5, 1, 2);
        PartialRef ref = new PartialRef(List.of(40L), new Attempt(1), new Lineage(0), new WeightVersion(0), 6);
        TrainingTask task = TestingTasks.task(2).from(ref);
        attempt(task).restore(named);
        refused(task, TestingRollouts.group(6, 1, 2), "group 6 ");
        refused(task, TestingRollouts.group(5, 2, 2), "of attempt 2 of group 5 ");
        refused(task, TestingRollouts.group(5, 1, 1), "with 1 samples, 3 tokens");
        refused(task, TestingRollouts.inLineage(named, 1), "in lineage 1");
        refused(task, TestingRollouts.withVersions(named, 1, 1, 1), "since version 1");
    }

    private static void refused(TrainingTask task, RolloutGroup other, String why) {
        AttemptState attempt = attempt(task);
        String message = assertThrows(IllegalArgumentException.class, () -> attempt.restore(other))
                .getMessage();
        assertTrue(message.contains(why), message);
        assertEquals(0, attempt.responseTokens(), "nothing of it is gone on with");
    }

    /** A finished sample, one that is begun, one that waits for its score, and one of which there is nothing. */
    @Test
    void whatIsGivenBackIsGoneOnWithAsItWas() {
        AttemptState first = attempt(4);
        first.tokenized(new int[] {8, 9});
        generate(first, 0, 3, Generation.Finish.STOP);
        TestingTasks.score(first, 0, Reward.of(1), 0.5);
        generate(first, 1, 2, Generation.Finish.ABORT);
        generate(first, 2, 1, Generation.Finish.STOP);
        RolloutGroup given = ASSEMBLY.asItIs(first, 1);
        assertEquals(
                List.of(SampleStatus.COMPLETED, SampleStatus.ABORTED, SampleStatus.ABORTED, SampleStatus.ABORTED),
                given.header().samples().stream().map(sample -> sample.status()).toList());

        PartialRef ref = new PartialRef(List.of(40L), new Attempt(1), new Lineage(0), new WeightVersion(0), 6);
        AttemptState second = attempt(TestingTasks.task(4).from(ref));
        second.restore(given);
        assertArrayEquals(new int[] {8, 9}, second.promptIds());
        assertEquals(6, second.responseTokens());
        assertFalse(second.begin(0), "it is made");
        assertTrue(second.begin(1) && !second.sample(1).isThrough());
        assertTrue(second.begin(2) && second.sample(2).isThrough(), "only its score is missing");
        assertEquals(1, second.held().samplesDone());
        RolloutGroup again = ASSEMBLY.asItIs(second, 1);
        assertEquals(given.header().samples(), again.header().samples());
        assertArrayEquals(given.tokens(), again.tokens());
        assertArrayEquals(given.logProbs(), again.logProbs());
    }

    /** What generators made is kept whole, siblings and masks included; of what they have begun nothing is. */
    @Test
    void whatGeneratorsMadeIsGivenBackAndGoneOnWithWhole() {
        RolloutGroup made = TestingRollouts.withSiblings(5, 3, 1);
        List<List<WrittenSample>> rollouts = PartialGroup.rollouts(made);
        AttemptState first = attempt(3);
        first.begin(1);
        first.made(
                1,
                rollouts.get(0).stream()
                        .map(sample -> of(sample, first.sampleIndex(1), first.sampleIndex(1)))
                        .toList(),
                0);
        RolloutGroup given = ASSEMBLY.asItIs(first, 1);
        assertEquals(3, given.header().rollouts());
        assertEquals(5, given.header().samples().size());

        PartialRef ref = new PartialRef(List.of(40L), new Attempt(1), new Lineage(0), new WeightVersion(0), 9);
        AttemptState second = attempt(TestingTasks.task(3).from(ref));
        second.restore(given);
        assertNull(second.promptIds(), "each sample has its own");
        assertTrue(second.begin(0));
        assertFalse(second.begin(1), "it is made");
        assertEquals(9, second.responseTokens());
        second.made(0, List.of(of(rollouts.get(1).getFirst(), second.sampleIndex(0), null)), 0);
        second.made(2, List.of(of(rollouts.get(1).getFirst(), second.sampleIndex(2), null)), 0);
        RolloutGroup result = ASSEMBLY.result(second, 2);
        assertEquals(
                given.header().samples().subList(1, 4),
                result.header().samples().subList(1, 4));
        assertArrayEquals(Arrays.copyOf(made.lossMask(), 9), Arrays.copyOfRange(result.lossMask(), 3, 12));
        assertArrayEquals(Arrays.copyOf(made.tokens(), 15), Arrays.copyOfRange(result.tokens(), 5, 20));
    }

    private static WrittenSample of(WrittenSample sample, long index, @Nullable Long rolloutId) {
        SampleHeader header = sample.header();
        return new WrittenSample(
                new SampleHeader(
                        index,
                        header.promptLength(),
                        header.responseLength(),
                        header.response(),
                        header.reward(),
                        header.status(),
                        header.finishReason(),
                        header.weightVersions(),
                        header.provenance(),
                        header.engineWeightVersions(),
                        header.sessionId(),
                        header.engine(),
                        0,
                        0,
                        0,
                        null,
                        null,
                        rolloutId,
                        header.metadata()),
                sample.promptIds(),
                sample.tokens(),
                sample.logProbs(),
                sample.lossMask(),
                new SampleTensors());
    }

    @Test
    void aMissingSampleIsABugNotABatch() {
        AttemptState attempt = attempt(1);
        assertThrows(IllegalStateException.class, () -> ASSEMBLY.result(attempt, 0));
        generate(attempt, 0, 1, Generation.Finish.ABORT);
        assertThrows(
                IllegalStateException.class,
                () -> TestingTasks.score(attempt, 0, Reward.of(1), 0),
                "it is not through");
    }

    @Test
    void aGroupTellsWhenItsSamplesCameHowFar() {
        AttemptState attempt = new AttemptState(TestingTasks.task(3), Lane.TRAINING, 1_000, 5_000_000_000L);
        attempt.times().started(2, 5_020_000_000L);
        attempt.times().token(2, 5_030_000_000L);
        attempt.times().token(2, 5_040_000_000L);
        attempt.times().ended(2, 5_060_000_000L);
        attempt.times().judged(2, 5_070_000_000L);
        attempt.times().started(0, 5_000_000_000L);
        assertEquals(
                List.of(new SampleTiming(0, 0, null, null, null), new SampleTiming(2, 20, 30L, 60L, 70L)),
                ASSEMBLY.asItIs(attempt, 1).header().timings());
    }
}
