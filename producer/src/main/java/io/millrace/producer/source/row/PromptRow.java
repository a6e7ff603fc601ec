package io.millrace.producer.source.row;

import io.millrace.common.record.Prompt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One usable row.
 *
 * @param line the line it stands on in the file, 1 for the first
 * @param label null when the row has none
 * @param metadata empty when the row has none; the caller's own, free to change
 */
public record PromptRow(long line, Prompt prompt, @Nullable String label, ObjectNode metadata) {
    public PromptRow {
        if (line < 1) {
            throw new IllegalArgumentException("line must be 1 or more, was " + line);
        }
    }
}
