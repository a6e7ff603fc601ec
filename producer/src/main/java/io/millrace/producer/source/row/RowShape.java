package io.millrace.producer.source.row;

import org.jspecify.annotations.Nullable;

/**
 * Which keys of a row hold what; the names are those of slime's flags.
 *
 * @param inputKey the prompt: a text, a list of {@code {role, content}}, or a list of token ids
 * @param labelKey what the reward compares with, a text or number; null when the data set has none
 * @param metadataKey an object passed on with the task; null when the data set has none
 * @param chatTemplate what turns messages into text
 */
public record RowShape(
        String inputKey,
        @Nullable String labelKey,
        @Nullable String metadataKey,
        ChatTemplate chatTemplate) {
    public RowShape {
        check("input_key", inputKey);
        check("label_key", labelKey);
        check("metadata_key", metadataKey);
        if (inputKey.equals(labelKey)
                || inputKey.equals(metadataKey)
                || (labelKey != null && labelKey.equals(metadataKey))) {
            throw new IllegalArgumentException("input_key, label_key and metadata_key must differ, were " + inputKey
                    + ", " + labelKey + " and " + metadataKey);
        }
    }

    private static void check(String name, @Nullable String key) {
        if (key != null && key.isBlank()) {
            throw new IllegalArgumentException(name + " must not be empty");
        }
    }
}
