package io.millrace.common.record;

import io.millrace.common.reward.LabelRule;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The rewards a prompt can name, so that the producer refuses before the first token what no worker could score. Workers
 * have one function for each; a test there holds the two equal. Names as in slime/rollout/rm_hub/__init__.py.
 */
public enum RewardType {
    DAPO("dapo", LabelRule.NUMBER),
    F1("f1", LabelRule.TEXT),
    MATH("math", LabelRule.ANSWER),
    RANDOM("random", LabelRule.NONE);

    /** The metadata key that names a prompt's reward, as in slime. */
    public static final String METADATA_KEY = "rm_type";

    /** Before any name: only the last boxed answer is judged. */
    public static final String BOXED_PREFIX = "boxed_";

    private final String word;
    private final LabelRule labels;

    RewardType(String word, LabelRule labels) {
        this.word = word;
        this.labels = labels;
    }

    /** Its name in data sets, settings and metrics. */
    public String word() {
        return word;
    }

    /** Which labels it can compare with; a prompt with another cannot be scored, whatever the answer. */
    public LabelRule labels() {
        return labels;
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
