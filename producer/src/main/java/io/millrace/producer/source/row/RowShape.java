package io.millrace.producer.source.row;

import io.millrace.common.json.Json;
import io.millrace.producer.source.chat.Rendering;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * How rows are read.
 *
 * @param form which columns they have
 * @param names of columns
 * @param rendering what turns messages into what an engine gets
 * @param labelPattern its one group, where it first matches in a label, is the label; null when labels are taken whole
 */
public record RowShape(
        RowForm form,
        ColumnNames names,
        Rendering rendering,
        @Nullable Pattern labelPattern) {
    /** slime's rows, with labels that are taken whole. */
    public RowShape(String inputKey, @Nullable String labelKey, @Nullable String metadataKey, Rendering rendering) {
        this(RowForm.SLIME, new ColumnNames(inputKey, labelKey, metadataKey, null), rendering, null);
    }

    public RowShape {
        if (labelPattern != null && groups(labelPattern) != 1) {
            throw new IllegalArgumentException("label_pattern must have exactly one group, the label; " + labelPattern
                    + " has " + groups(labelPattern));
        }
    }

    /**
     * The same, with the form that this row has where the form is to be told by the rows.
     *
     * @throws BadRowException when it has none, or is no JSON object
     */
    public RowShape toldBy(String row) throws BadRowException {
        if (form != RowForm.AUTO) {
            return this;
        }
        try {
            if (Json.MAPPER.readTree(row) instanceof ObjectNode object) {
                RowForm told = RowForm.of(object, names).orElseThrow(() -> unknown(object));
                return new RowShape(told, names, rendering, labelPattern);
            }
        } catch (JacksonException e) {
            throw new BadRowException(BadRowReason.BAD_JSON, "no JSON: " + RowParser.detail(e));
        }
        throw new BadRowException(BadRowReason.WRONG_SHAPE, "the row is no JSON object");
    }

    private BadRowException unknown(ObjectNode row) {
        StringBuilder wanted = new StringBuilder();
        for (RowForm each : RowForm.values()) {
            if (each != RowForm.AUTO) {
                wanted.append(wanted.isEmpty() ? "" : "; ")
                        .append(each)
                        .append(" has ")
                        .append(each.wants());
            }
        }
        return new BadRowException(
                BadRowReason.UNKNOWN_SHAPE,
                "the row has the columns " + RowForm.columns(row) + " and none of the shapes that are known: " + wanted
                        + "; name its columns with --input-key (" + names.input() + ") and --label-key");
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
}
