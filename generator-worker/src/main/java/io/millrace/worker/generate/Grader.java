package io.millrace.worker.generate;

import io.millrace.common.record.TrainingTask;
import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.time.Ticker;
import io.millrace.worker.attempt.Unjudged;
import io.millrace.worker.attempt.WrittenSample;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.score.RewardScorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges samples that are through: each by itself, or, where its reward judges groups, all of them when the last is. On the
 * sample's own thread, without a slot. A reward that a generator has set is kept. Thread-safe.
 */
public final class Grader {
    private final RewardScorer scorer;
    private final Ticker ticker;

    public Grader(RewardScorer scorer, Ticker ticker) {
        this.scorer = scorer;
        this.ticker = ticker;
    }

    /**
     * What one place in the group came to is through.
     *
     * @throws RewardException when it has no reward, or its group has none
     */
    void judge(HeldAttempt attempt, int index, List<Unjudged> came) throws RewardException, InterruptedException {
        Optional<GroupReward> ofGroup = scorer.ofGroups(attempt.task().metadata());
        if (ofGroup.isEmpty()) {
            List<WrittenSample> judged = new ArrayList<>();
            for (Unjudged one : came) {
                judged.add(one.rewarded() ? one.sample() : judge(attempt, one.sample()));
            }
            attempt.update(state -> state.made(index, judged, ticker.nanos()));
        } else if (attempt.get(state -> state.drawn(index, came))) {
            judge(attempt, ofGroup.get());
        }
    }

    private WrittenSample judge(HeldAttempt attempt, WrittenSample sample)
            throws RewardException, InterruptedException {
        long startNanos = ticker.nanos();
        Reward reward = scorer.score(request(attempt, sample.header()));
        return sample.rewarded(reward, secondsSince(startNanos));
    }

    private double secondsSince(long startNanos) {
        return (ticker.nanos() - startNanos) / 1e9;
    }

    private void judge(HeldAttempt attempt, GroupReward reward) throws RewardException, InterruptedException {
        long startNanos = ticker.nanos();
        List<List<Unjudged>> group = new ArrayList<>();
        List<RewardRequest> requests = new ArrayList<>();
        for (int i = 0; i < attempt.task().samples(); i++) {
            int index = i;
            List<Unjudged> came = attempt.get(state -> state.drawn(index));
            group.add(came);
            came.forEach(one -> requests.add(request(attempt, one.sample().header())));
        }
        List<Reward> rewards = scorer.scoreGroup(reward, requests);
        double seconds = secondsSince(startNanos);
        int at = 0;
        for (int i = 0; i < group.size(); i++) {
            List<WrittenSample> judged = new ArrayList<>();
            for (Unjudged one : group.get(i)) {
                Reward given = rewards.get(at++);
                judged.add(one.rewarded() ? one.sample() : one.sample().rewarded(given, seconds));
            }
            int index = i;
            attempt.update(state -> state.made(index, judged, ticker.nanos()));
        }
    }

    private static RewardRequest request(HeldAttempt attempt, SampleHeader sample) {
        TrainingTask task = attempt.task();
        return new RewardRequest(
                task.prompt(),
                sample.response(),
                task.label(),
                task.metadata(),
                new RewardRequest.Made(
                        attempt.lane().kind(),
                        task.groupIndex().value(),
                        sample.index(),
                        sample.responseLength(),
                        sample.status() == SampleStatus.TRUNCATED));
    }
}
