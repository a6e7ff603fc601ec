package io.millrace.common.record;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The rewards a prompt can name, so that the producer refuses before the first token what no worker could score. Workers
 * have one function for each; a test there holds the two equal. Names as in slime/rollout/rm_hub/__init__.py.
 */
public enum RewardType {
    DAPO("dapo", true),
    F1("f1", true),
    MATH("math", true),
    RANDOM("random", false);

    /** The metadata key that names a prompt's reward, as in slime. */
    public static final String METADATA_KEY = "rm_type";

    /** Before any name: only the last boxed answer is judged. */
    public static final String BOXED_PREFIX = "boxed_";

    private final String word;
    private final boolean needsLabel;

    RewardType(String word, boolean needsLabel) {
        this.word = word;
        this.needsLabel = needsLabel;
    }

    /** Its name in data sets, settings and metrics. */
    public String word() {
        return word;
    }

    /** Whether it compares with a label, so that a prompt without one cannot be scored. */
    public boolean needsLabel() {
        return needsLabel;
    }

    /** Every name, without prefix, sorted. */
    public static List<String> words() {
        return Arrays.stream(values()).map(RewardType::word).sorted().toList();
    }

    /** Every name in a sentence. */
    public static String known() {
        return String.join(", ", words()) + ", each also with the prefix " + BOXED_PREFIX;
    }

    /**
     * @param name as a data set or a setting has it; blanks around it and the prefix do not count
     * @return empty when no reward is called that
     */
    public static Optional<RewardType> named(String name) {
        String stripped = name.strip();
        String plain = stripped.startsWith(BOXED_PREFIX) ? stripped.substring(BOXED_PREFIX.length()) : stripped;
        return Arrays.stream(values()).filter(type -> type.word.equals(plain)).findFirst();
    }
}
