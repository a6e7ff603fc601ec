package io.millrace.worker.reward;

import io.millrace.common.record.RewardStats;
import io.millrace.common.record.RewardType;
import io.millrace.common.rollout.Reward;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The reward functions by name, and which of them judges a sample: the one its prompt's metadata names as
 * {@code rm_type}, which the producer sees to. The prefix {@code boxed_} before any name judges the last boxed answer
 * only. Names and order as in slime/rollout/rm_hub/__init__.py. To add a reward: implement {@link RewardFunction}, name
 * it in {@link #builtIn}, and in {@link RewardType}, by which the producer knows it. Immutable; safe for all threads when
 * its functions are.
 */
public final class Rewards implements RewardFunction {
    private final Map<String, RewardFunction> functions;

    /** @param functions by name */
    public Rewards(Map<String, RewardFunction> functions) {
        this.functions = Map.copyOf(functions);
    }

    /**
     * The rewards that ship with Millrace.
     *
     * @param seed of {@code random}
     */
    public static Map<String, RewardFunction> builtIn(long seed) {
        Map<String, RewardFunction> functions = new TreeMap<>();
        functions.put("dapo", new DapoReward());
        functions.put("f1", new F1Reward());
        functions.put("math", new MathReward());
        functions.put("random", new RandomReward(seed));
        return functions;
    }

    /** The known names, without prefix. */
    public SortedSet<String> names() {
        return new TreeSet<>(functions.keySet());
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
            throw new RewardException(
                    RewardFailure.UNKNOWN_REWARD,
                    "the prompt has no metadata " + RewardType.METADATA_KEY + "; known: " + names());
        }
        if (!type.isString()) {
            throw new RewardException(
                    RewardFailure.UNKNOWN_REWARD,
                    "metadata " + RewardType.METADATA_KEY + " must be a string, was " + type);
        }
        return named(type.stringValue());
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return choose(request.metadata()).score(request);
    }

    private RewardFunction named(String asked) throws RewardException {
        String name = asked.strip();
        boolean boxed = name.startsWith(RewardType.BOXED_PREFIX);
        RewardFunction function = functions.get(boxed ? name.substring(RewardType.BOXED_PREFIX.length()) : name);
        if (function == null) {
            throw new RewardException(
                    RewardFailure.UNKNOWN_REWARD,
                    "no reward is called '" + name + "'; known: " + names() + ", each also with the prefix "
                            + RewardType.BOXED_PREFIX);
        }
        return boxed ? function.onBoxedAnswer() : function;
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
