package io.millrace.common.reward.function;

import io.millrace.common.reward.LabelRule;
import io.millrace.common.reward.NamedReward;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.util.SplittableRandom;

/**
 * slime's {@code random}: 0 or 1 by the toss of a coin, for runs that try the machinery and not the model. The coin is a
 * function of the seed, the prompt and the response, so that a sample scored again, anywhere, gets the same.
 */
public final class RandomReward implements NamedReward {
    private final long seed;

    /** With the seed 0. */
    public RandomReward() {
        this(0);
    }

    private RandomReward(long seed) {
        this.seed = seed;
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public LabelRule labels() {
        return LabelRule.NONE;
    }

    @Override
    public NamedReward seeded(long other) {
        return new RandomReward(other);
    }

    @Override
    public Reward score(RewardRequest request) {
        long texts =
                31L * request.prompt().asText().hashCode() + request.response().hashCode();
        SplittableRandom mixed = new SplittableRandom(new SplittableRandom(seed).nextLong() ^ texts);
        return Reward.of(mixed.nextInt(2));
    }
}
