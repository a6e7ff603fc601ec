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
import org.jspecify.annotations.Nullable;
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

    /**
     * The metadata key that names a function of Python's for this prompt, before any reward, as slime's samples have it; the
     * program of {@code command} has it.
     */
    public static final String FUNCTION_KEY = "custom_rm_path";

    /** The metadata key that is true where a group's samples are to be judged at once. */
    public static final String GROUP_KEY = "group_rm";

    /** Before any name: only the last boxed answer is judged. */
    public static final String BOXED_PREFIX = "boxed_";

    private static final Pattern NAME = Pattern.compile("(?!boxed_)[a-z0-9][a-z0-9_-]{0,63}");

    /** A function of a Python module; no reward has a dot in its name. */
    private static final Pattern FUNCTION = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*)+");

    private static final int FUNCTION_LENGTH_MAX = 1000;

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

    /** Whether it names no reward but a function of Python's, {@code module.function}. */
    public static boolean isFunction(String name) {
        return name.length() <= FUNCTION_LENGTH_MAX && FUNCTION.matcher(name).matches();
    }

    /**
     * The name of a prompt's reward: a function of Python's, of its metadata or of its run or data set, before any other name
     * of either (slime/rollout/rm_hub/__init__.py).
     *
     * @param standard the run's, or the data set's; null for none
     * @return empty when nothing names one
     * @throws IllegalArgumentException when what stands in the metadata is no name
     */
    public static Optional<String> name(ObjectNode metadata, @Nullable String standard) {
        Optional<String> function = text(metadata, FUNCTION_KEY);
        if (function.isPresent() && !isFunction(function.get())) {
            throw new IllegalArgumentException("metadata " + FUNCTION_KEY + " must be a module.function of Python's");
        }
        Optional<String> other = Optional.ofNullable(standard).map(String::strip);
        return function.or(() -> other.filter(Rewards::isFunction))
                .or(() -> text(metadata, METADATA_KEY))
                .or(() -> other);
    }

    /**
     * Puts a run's reward, or a data set's, into the metadata of a prompt, unless that names another that goes before it.
     *
     * @param metadata is changed
     * @param standard null for none
     * @return the same metadata
     */
    public static ObjectNode defaulted(ObjectNode metadata, @Nullable String standard) {
        if (standard != null) {
            String key = isFunction(standard.strip()) ? FUNCTION_KEY : METADATA_KEY;
            if (text(metadata, key).isEmpty()) {
                metadata.put(key, standard);
            }
        }
        return metadata;
    }

    private static Optional<String> text(ObjectNode metadata, String key) {
        JsonNode named = metadata.path(key);
        if (named.isMissingNode() || named.isNull()) {
            return Optional.empty();
        }
        if (!named.isString()) {
            throw new IllegalArgumentException("metadata " + key + " must be a text");
        }
        return Optional.of(named.stringValue().strip()).filter(name -> !name.isEmpty());
    }

    /**
     * @param name as a data set or a setting has it; blanks around it and the prefix do not count. A function of Python's
     *     is judged by {@code command}
     * @return empty when no reward is called that
     */
    public Optional<NamedReward> named(String name) {
        String stripped = name.strip();
        if (isFunction(stripped)) {
            return Optional.ofNullable(byName.get(OutsideReward.COMMAND.name()));
        }
        return Optional.ofNullable(
                byName.get(stripped.startsWith(BOXED_PREFIX) ? stripped.substring(BOXED_PREFIX.length()) : stripped));
    }

    /**
     * The function for a prompt with this metadata.
     *
     * @throws RewardException {@link RewardFailure#UNKNOWN_REWARD} when there is none
     */
    RewardFunction choose(ObjectNode metadata) throws RewardException {
        String name = chosen(metadata);
        NamedReward reward = chosen(name);
        return name.startsWith(BOXED_PREFIX) ? reward.onBoxedAnswer() : reward;
    }

    @Override
    public Optional<GroupReward> ofGroups(ObjectNode metadata) throws RewardException {
        return metadata.path(GROUP_KEY).asBoolean(false) ? atOnce(metadata) : Optional.empty();
    }

    /** As {@link #ofGroups}, whether the prompt asks for it or not; empty when its reward cannot. */
    public Optional<GroupReward> atOnce(ObjectNode metadata) throws RewardException {
        String name = chosen(metadata);
        if (!(chosen(name) instanceof GroupReward group)) {
            return Optional.empty();
        }
        return Optional.of(
                name.startsWith(BOXED_PREFIX)
                        ? samples -> group.scoreGroup(
                                samples.stream().map(RewardRequest::boxed).toList())
                        : group);
    }

    private NamedReward chosen(String name) throws RewardException {
        return named(name).orElseThrow(() -> new RewardException(RewardFailure.UNKNOWN_REWARD, unknown(name)));
    }

    private String chosen(ObjectNode metadata) throws RewardException {
        try {
            return name(metadata, null)
                    .orElseThrow(() -> new RewardException(
                            RewardFailure.UNKNOWN_REWARD,
                            "the prompt has no metadata " + METADATA_KEY + "; known: " + known()));
        } catch (IllegalArgumentException e) {
            throw new RewardException(RewardFailure.UNKNOWN_REWARD, e.getMessage() + "; known: " + known());
        }
    }

    @Override
    public Reward score(RewardRequest request) throws RewardException {
        return choose(request.metadata()).score(request);
    }
}
