package io.millrace.common.reward;

import io.millrace.common.rollout.Reward;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rewards by name, and which of them judges a sample: the one its prompt's metadata names as {@code rm_type}. The
 * prefix {@code boxed_} before any name judges the last boxed answer only (slime/rollout/rm_hub/__init__.py). Producer and
 * workers have the same, so that the producer refuses before the first token what no worker could score. Immutable; safe
 * for all threads when its functions are.
 */
public final class Rewards implements RewardFunction {
    /** The metadata key that names a prompt's reward, as in slime. */
    public static final String METADATA_KEY = "rm_type";

    /** Before any name: only the last boxed answer is judged. */
    public static final String BOXED_PREFIX = "boxed_";

    private static final Pattern NAME = Pattern.compile("(?!boxed_)[a-z0-9][a-z0-9_-]{0,63}");

    private final SortedMap<String, NamedReward> byName = new TreeMap<>();

    /** @throws IllegalArgumentException when two have one name, or one has a name that prompts cannot have */
    public Rewards(Iterable<NamedReward> rewards) {
        for (NamedReward reward : rewards) {
            String name = reward.name();
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "the reward " + reward.getClass().getName() + " is called '" + name
                                + "'; a name has 1 to 64 lower-case letters, digits, _ and -, and not the prefix "
                                + BOXED_PREFIX);
            }
            NamedReward other = byName.put(name, reward);
            if (other != null) {
                throw new IllegalArgumentException("two rewards are called '" + name + "': "
                        + other.getClass().getName() + " and "
                        + reward.getClass().getName());
            }
        }
    }

    /**
     * Those of the class path, ours and those of jars that a user added, and those whose judges are outside, which only a
     * worker can be told of.
     *
     * @throws IllegalArgumentException when one cannot be made, or as the constructor
     */
    public static Rewards installed() {
        return computed().with(OutsideReward.ALL);
    }

    /** Those of the class path alone. */
    static Rewards computed() {
        try {
            return new Rewards(ServiceLoader.load(NamedReward.class));
        } catch (ServiceConfigurationError e) {
            throw new IllegalArgumentException("a reward of the class path cannot be used: " + e.getMessage(), e);
        }
    }

    /** These, and others that take the place of those of their names. */
    public Rewards with(Collection<? extends NamedReward> others) {
        SortedMap<String, NamedReward> all = new TreeMap<>(byName);
        others.forEach(other -> all.put(other.name(), other));
        return new Rewards(all.values());
    }

    /** The same with one seed for all that draw. */
    public Rewards seeded(long seed) {
        return new Rewards(
                byName.values().stream().map(reward -> reward.seeded(seed)).toList());
    }

    /** All, sorted by name. */
    public List<NamedReward> all() {
        return List.copyOf(byName.values());
    }

    /** What to say of a name that none has. */
    public String unknown(String name) {
        return "no reward is called '" + name + "'; known: " + known();
    }

    private String known() {
        return String.join(", ", byName.keySet()) + ", each also with the prefix " + BOXED_PREFIX;
    }

    /**
     * @param name as a data set or a setting has it; blanks around it and the prefix do not count
     * @return empty when no reward is called that
     */
    public Optional<NamedReward> named(String name) {
        String stripped = name.strip();
        return Optional.ofNullable(
                byName.get(stripped.startsWith(BOXED_PREFIX) ? stripped.substring(BOXED_PREFIX.length()) : stripped));
    }

    /**
     * The function for a prompt with this metadata.
     *
     * @throws RewardException {@link RewardFailure#UNKNOWN_REWARD} when there is none
     */
    RewardFunction choose(ObjectNode metadata) throws RewardException {
        JsonNode named = metadata.path(METADATA_KEY);
        if (named.isMissingNode()
                || named.isNull()
                || (named.isString() && named.stringValue().isEmpty())) {
            throw unnamed("the prompt has no metadata " + METADATA_KEY);
        }
        if (!named.isString()) {
            throw unnamed("metadata " + METADATA_KEY + " must be a string, was " + named);
        }
        String name = named.stringValue().strip();
        NamedReward reward =
                named(name).orElseThrow(() -> new RewardException(RewardFailure.UNKNOWN_REWARD, unknown(name)));
        return name.startsWith(BOXED_PREFIX) ? reward.onBoxedAnswer() : reward;
    }

    private RewardException unnamed(String why) {
        return new RewardException(RewardFailure.UNKNOWN_REWARD, why + "; known: " + known());
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return choose(request.metadata()).score(request);
    }
}
