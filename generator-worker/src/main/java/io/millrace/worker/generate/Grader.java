package io.millrace.worker.generate;

import io.millrace.common.record.TrainingTask;
import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import io.millrace.common.time.Ticker;
import io.millrace.worker.attempt.Sample;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.score.RewardScorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges samples that are through: each by itself, or, where its reward judges groups, all of them when the last is. On the
 * sample's own thread, without a slot. Thread-safe.
 */
public final class Grader {
    private final RewardScorer scorer;
    private final Ticker ticker;

    public Grader(RewardScorer scorer, Ticker ticker) {
        this.scorer = scorer;
        this.ticker = ticker;
    }

    /**
     * A sample is through.
     *
     * @throws RewardException when it has no reward, or its group has none
     */
    void judge(HeldAttempt attempt, int index) throws RewardException, InterruptedException {
        Optional<GroupReward> ofGroup = scorer.ofGroups(attempt.task().metadata());
        if (ofGroup.isEmpty()) {
            long startNanos = ticker.nanos();
            Reward reward = scorer.score(request(attempt, index));
            score(attempt, index, reward, startNanos);
        } else if (attempt.get(state -> state.drawn(index))) {
            judge(attempt, ofGroup.get());
        }
    }

    private void judge(HeldAttempt attempt, GroupReward reward) throws RewardException, InterruptedException {
        long startNanos = ticker.nanos();
        int count = attempt.task().samples();
        List<RewardRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(request(attempt, i));
        }
        List<Reward> rewards = scorer.scoreGroup(reward, requests);
        for (int i = 0; i < count; i++) {
            score(attempt, i, rewards.get(i), startNanos);
        }
    }

    private void score(HeldAttempt attempt, int index, Reward reward, long startNanos) {
        double seconds = (ticker.nanos() - startNanos) / 1e9;
        attempt.update(state -> {
            // One that a worker before this one has judged stays as it was.
            if (!state.sample(index).isScored()) {
                state.score(index, reward, seconds);
            }
        });
    }

    private static RewardRequest request(HeldAttempt attempt, int index) {
        TrainingTask task = attempt.task();
        Sample sample = attempt.get(state -> state.sample(index));
        return new RewardRequest(
                task.prompt(),
                sample.text(),
                task.label(),
                task.metadata(),
                new RewardRequest.Made(
                        attempt.lane().kind(),
                        task.groupIndex().value(),
                        task.groupIndex().sampleIndex(index, task.samples()),
                        sample.length(),
                        sample.isTruncated()));
    }
}
