package io.millrace.producer.source.column;

import org.jspecify.annotations.Nullable;

/**
 * Columns as settings name them; the names are those of slime's flags.
 *
 * @param input the prompt
 * @param label what the reward compares with; null when the data set has none
 * @param metadata an object passed on with the task; null when the data set has none
 * @param tools the tools that the model is told of; null when the data set has none
 */
public record ColumnNames(
        String input,
        @Nullable String label,
        @Nullable String metadata,
        @Nullable String tools) {
    public static final ColumnNames DEFAULTS = new ColumnNames("prompt", "label", "metadata", "tools");

    public ColumnNames {
        check("input_key", input);
        check("label_key", label);
        check("metadata_key", metadata);
        check("tool_key", tools);
        differ("input_key", input, "label_key", label);
        differ("input_key", input, "metadata_key", metadata);
        differ("label_key", label, "metadata_key", metadata);
        differ("input_key", input, "tool_key", tools);
        differ("label_key", label, "tool_key", tools);
        differ("metadata_key", metadata, "tool_key", tools);
    }

    private static void check(String name, @Nullable String key) {
        if (key != null && key.isBlank()) {
            throw new IllegalArgumentException(name + " must not be empty");
        }
    }

    private static void differ(String one, @Nullable String key, String other, @Nullable String otherKey) {
        if (key != null && key.equals(otherKey)) {
            throw new IllegalArgumentException(one + " and " + other + " must differ, were both " + key);
        }
    }

    /** Whether nobody named a prompt or label of their own. */
    boolean areDefaults() {
        return DEFAULTS.input.equals(input) && DEFAULTS.label != null && DEFAULTS.label.equals(label);
    }
}
