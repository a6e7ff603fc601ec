package io.millrace.producer.source.row;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which keys of a row hold what; the names are those of slime's flags.
 *
 * @param inputKey the prompt: a text, a list of {@code {role, content}}, or a list of token ids
 * @param labelKey what the reward compares with, a text or number; null when the data set has none
 * @param metadataKey an object passed on with the task; null when the data set has none
 * @param chatTemplate what turns messages into text
 * @param labelPattern its one group, where it first matches in a label, is the label; null when labels are taken whole
 */
public record RowShape(
        String inputKey,
        @Nullable String labelKey,
        @Nullable String metadataKey,
        ChatTemplate chatTemplate,
        @Nullable Pattern labelPattern) {
    /** Labels are taken whole. */
    public RowShape(
            String inputKey, @Nullable String labelKey, @Nullable String metadataKey, ChatTemplate chatTemplate) {
        this(inputKey, labelKey, metadataKey, chatTemplate, null);
    }

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
        if (labelPattern != null && groups(labelPattern) != 1) {
            throw new IllegalArgumentException("label_pattern must have exactly one group, the label; " + labelPattern
                    + " has " + groups(labelPattern));
        }
    }

    private static int groups(Pattern pattern) {
        return pattern.matcher("").groupCount();
    }

    /**
     * A label pattern as a setting gives it.
     *
     * @param regex of {@link Pattern}; null for none
     * @throws IllegalArgumentException when it is no regular expression, saying where
     */
    public static @Nullable Pattern labelPattern(@Nullable String regex) {
        try {
            return regex == null ? null : Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "label_pattern is no regular expression: " + e.getDescription() + " at character " + e.getIndex()
                            + " of " + regex,
                    e);
        }
    }

    /**
     * What counts of a label as it stands in the data set.
     *
     * @throws BadRowException when the label pattern does not match, or its group takes no part in the match
     */
    @Nullable
    String labelIn(@Nullable String written) throws BadRowException {
        if (labelPattern == null || written == null) {
            return written;
        }
        Matcher matcher = labelPattern.matcher(written);
        String label = matcher.find() ? matcher.group(1) : null;
        if (label == null) {
            throw new BadRowException(
                    BadRowReason.LABEL_PATTERN,
                    "--label-pattern " + labelPattern + " does not match the label: " + RowParser.cut(written));
        }
        return label;
    }

    private static void check(String name, @Nullable String key) {
        if (key != null && key.isBlank()) {
            throw new IllegalArgumentException(name + " must not be empty");
        }
    }
}
