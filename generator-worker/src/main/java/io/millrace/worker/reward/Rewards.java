package io.millrace.worker.reward;

import io.millrace.common.record.RewardStats;
import io.millrace.common.record.RewardType;
import io.millrace.common.rollout.Reward;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The reward functions, and which of them judges a sample: the one its prompt's metadata names as {@code rm_type}, which
 * the producer sees to. The prefix {@code boxed_} before any name judges the last boxed answer only. Names and order as in
 * slime/rollout/rm_hub/__init__.py. To add a reward: implement {@link RewardFunction} and name it in {@link RewardType},
 * by which the producer knows it; the compiler then asks for its line in {@link #function}. Immutable; safe for all threads
 * when its functions are.
 */
public final class Rewards implements RewardFunction {
    private final Map<RewardType, RewardFunction> functions = new EnumMap<>(RewardType.class);

    /** @param seed of {@code random} */
    public Rewards(long seed) {
        for (RewardType type : RewardType.values()) {
            functions.put(type, function(type, seed));
        }
    }

    private static RewardFunction function(RewardType type, long seed) {
        return switch (type) {
            case DAPO -> new DapoReward();
            case F1 -> new F1Reward();
            case MATH -> new MathReward();
            case RANDOM -> new RandomReward(seed);
        };
    }

    /**
     * The function for a prompt with this metadata.
     *
     * @throws RewardException {@link RewardFailure#UNKNOWN_REWARD} when there is none
     */
    public RewardFunction choose(ObjectNode metadata) throws RewardException {
        JsonNode type = metadata.path(RewardType.METADATA_KEY);
        if (type.isMissingNode()
                || type.isNull()
                || (type.isString() && type.stringValue().isEmpty())) {
            throw unknown("the prompt has no metadata " + RewardType.METADATA_KEY);
        }
        if (!type.isString()) {
            throw unknown("metadata " + RewardType.METADATA_KEY + " must be a string, was " + type);
        }
        String name = type.stringValue().strip();
        RewardFunction function = RewardType.named(name)
                .map(functions::get)
                .orElseThrow(() -> unknown("no reward is called '" + name + "'"));
        return name.startsWith(RewardType.BOXED_PREFIX) ? function.onBoxedAnswer() : function;
    }

    private static RewardException unknown(String why) {
        return new RewardException(RewardFailure.UNKNOWN_REWARD, why + "; known: " + RewardType.known());
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return choose(request.metadata()).score(request);
    }

    /**
     * Mean and population standard deviation of a group's rewards.
     *
     * @param rewards at least one
     */
    public static RewardStats statistics(List<Reward> rewards) {
        if (rewards.isEmpty()) {
            throw new IllegalArgumentException("statistics need at least one reward");
        }
        double mean = rewards.stream().mapToDouble(Reward::value).average().orElseThrow();
        double variance = rewards.stream()
                .mapToDouble(reward -> (reward.value() - mean) * (reward.value() - mean))
                .average()
                .orElseThrow();
        return new RewardStats(mean, Math.sqrt(variance));
    }
}
