package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.GroupKind;
import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.GroupAssembly;
import io.millrace.worker.attempt.TestingTasks;
import io.millrace.worker.attempt.Unjudged;
import io.millrace.worker.attempt.WrittenSample;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.score.RewardScorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Who is asked of which sample, and when. */
class GraderTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int SAMPLES = 3;

    private final HeldAttempt attempt =
            new HeldAttempt(new AttemptState(TestingTasks.task(5, SAMPLES, null), Lane.TRAINING, 0, 0));
    private final List<List<RewardRequest>> asked = new ArrayList<>();
    private @Nullable RewardScorer scorer;

    @AfterEach
    void end() {
        if (scorer != null) {
            scorer.close();
        }
    }

    /** Longer responses are worth more; a group's, by their place in it too. */
    private final class Lengths implements RewardFunction {
        private final boolean groups;

        Lengths(boolean groups) {
            this.groups = groups;
        }

        @Override
        public Reward score(RewardRequest request) {
            asked.add(List.of(request));
            return Reward.of(request.response().length());
        }

        @Override
        public Optional<GroupReward> ofGroups(ObjectNode metadata) {
            return groups ? Optional.of(this::scoreGroup) : Optional.empty();
        }

        private List<Reward> scoreGroup(List<RewardRequest> samples) {
            asked.add(samples);
            List<Reward> rewards = new ArrayList<>();
            samples.forEach(sample -> rewards.add(
                    Reward.of(100 * rewards.size() + sample.response().length())));
            return rewards;
        }
    }

    private Grader grader(RewardFunction function) {
        scorer = new RewardScorer(function, new RewardScorer.Limits(2, 2, LONG, LONG), new SimpleMeterRegistry());
        return new Grader(scorer, Ticker.system());
    }

    private void generated(int sample, String text, Finish finish) {
        attempt.get(state -> state.sample(sample))
                .add(
                        new Generation(text, new int[] {7, 8}, new float[] {-1, -1}, finish, 0, "0", List.of(), null),
                        "engine",
                        "0",
                        VersionWord::number);
    }

    private void judge(Grader grader, int sample) throws RewardException, InterruptedException {
        WrittenSample through = attempt.get(state -> state.through(sample));
        grader.judge(attempt, sample, List.of(new Unjudged(through, false)));
    }

    private int judged() {
        return attempt.get(state -> state.held().samplesDone());
    }

    private List<Double> rewards() {
        return attempt
                .get(state -> new GroupAssembly(new RunId("r"), WorkerIncarnation.start("w")).result(state, 0))
                .header()
                .samples()
                .stream()
                .map(SampleHeader::reward)
                .map(Reward::value)
                .toList();
    }

    @Test
    void aGroupIsJudgedAtOnceWhenItsLastSampleIsThrough() throws Exception {
        Grader grader = grader(new Lengths(true));
        generated(2, "ccc", Finish.STOP);
        judge(grader, 2);
        generated(0, "a", Finish.LENGTH);
        judge(grader, 0);
        assertEquals(List.of(), asked);
        assertEquals(0, judged());
        generated(1, "bb", Finish.STOP);
        judge(grader, 1);
        assertEquals(1, asked.size());
        assertEquals(
                List.of("a", "bb", "ccc"),
                asked.getFirst().stream().map(RewardRequest::response).toList());
        assertEquals(List.of(1.0, 102.0, 203.0), rewards());
    }

    @Test
    void otherwiseEachSampleIsJudgedAsSoonAsItIsThrough() throws Exception {
        Grader grader = grader(new Lengths(false));
        generated(2, "ccc", Finish.STOP);
        judge(grader, 2);
        assertEquals(1, asked.size());
        assertEquals(1, judged());
    }

    @Test
    void whatAGeneratorSaysItIsWorthIsKeptInAGroupToo() throws Exception {
        Grader grader = grader(new Lengths(true));
        for (int sample = 0; sample < SAMPLES; sample++) {
            generated(sample, "x", Finish.STOP);
        }
        judge(grader, 0);
        WrittenSample own = attempt.get(state -> state.through(1)).rewarded(Reward.of(-7), 0);
        grader.judge(attempt, 1, List.of(new Unjudged(own, true)));
        judge(grader, 2);
        assertEquals(List.of(1.0, -7.0, 201.0), rewards());
    }

    @Test
    void theRewardIsToldHowTheSampleCameToBe() throws Exception {
        Grader grader = grader(new Lengths(false));
        generated(1, "bb", Finish.LENGTH);
        judge(grader, 1);
        assertEquals(
                new RewardRequest.Made(GroupKind.TRAINING, 5, 5 * SAMPLES + 1, 2, true),
                asked.getFirst().getFirst().made());
    }

    @Test
    void aGroupWithoutARewardForEachSampleHasNone() {
        Grader grader = grader(new RewardFunction() {
            @Override
            public Reward score(RewardRequest request) {
                throw new AssertionError("asked of one sample");
            }

            @Override
            public Optional<GroupReward> ofGroups(ObjectNode metadata) {
                return Optional.of(samples -> List.of(Reward.of(1)));
            }
        });
        for (int sample = 0; sample < SAMPLES; sample++) {
            generated(sample, "x", Finish.STOP);
        }
        RewardException broken = assertThrows(RewardException.class, () -> {
            for (int sample = 0; sample < SAMPLES; sample++) {
                judge(grader, sample);
            }
        });
        assertEquals(RewardFailure.BROKEN, broken.kind());
        assertEquals("the reward function gave 1 rewards to 3 samples", broken.getMessage());
    }
}
