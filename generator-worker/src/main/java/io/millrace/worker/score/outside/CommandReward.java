package io.millrace.worker.score.outside;

import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.util.List;

/** A reward that a program in any language judges, sample by sample or a group at once. Thread-safe. */
final class CommandReward implements Judge, GroupReward {
    private final OutsideReward as;
    private final ScorerPool pool;
    private final RewardKeys keys;

    /** @param pool of the program; closed with any of the rewards that it judges */
    CommandReward(OutsideReward as, ScorerPool pool, RewardKeys keys) {
        this.as = as;
        this.pool = pool;
        this.keys = keys;
    }

    @Override
    public String name() {
        return as.name();
    }

    @Override
    public LabelRule labels() {
        return as.labels();
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return pool.ask(
                JudgeAnswer.question(request, true),
                (who, answer) -> JudgeAnswer.reward(who, answer, keys.of(request)));
    }

    @Override
    public List<Reward> scoreGroup(List<RewardRequest> samples) throws RewardException {
        return pool.ask(
                JudgeAnswer.question(samples),
                (who, answer) -> JudgeAnswer.rewards(who, answer, keys.of(samples.getFirst()), samples.size()));
    }

    @Override
    public void close() {
        pool.close();
    }
}
