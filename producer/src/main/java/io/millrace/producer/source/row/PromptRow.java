package io.millrace.producer.source.row;

import io.millrace.common.record.Prompt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One usable row.
 *
 * @param line the line it stands on in the file, 1 for the first
 * @param label null when the row has none
 * @param metadata empty when the row has none; the caller's own, free to change
 * @param tools that the model is told of; null when there are none
 */
public record PromptRow(
        long line,
        Prompt prompt,
        @Nullable String label,
        ObjectNode metadata,
        @Nullable ArrayNode tools) {
    /** Without tools. */
    public PromptRow(long line, Prompt prompt, @Nullable String label, ObjectNode metadata) {
        this(line, prompt, label, metadata, null);
    }

    public PromptRow {
        if (line < 1) {
            throw new IllegalArgumentException("line must be 1 or more, was " + line);
        }
    }
}
