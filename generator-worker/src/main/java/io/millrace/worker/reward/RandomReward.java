package io.millrace.worker.reward;

import io.millrace.common.rollout.Reward;
import java.util.SplittableRandom;

/**
 * slime's {@code random}: 0 or 1 by the toss of a coin, for runs that try the machinery and not the model. The coin is a
 * function of the seed, the prompt and the response, so that a sample scored again, anywhere, gets the same.
 */
final class RandomReward implements RewardFunction {
    private final long seed;

    RandomReward(long seed) {
        this.seed = seed;
    }

    @Override
    public Reward score(RewardRequest request) {
        long texts =
                31L * request.prompt().asText().hashCode() + request.response().hashCode();
        SplittableRandom mixed = new SplittableRandom(new SplittableRandom(seed).nextLong() ^ texts);
        return Reward.of(mixed.nextInt(2));
    }
}
