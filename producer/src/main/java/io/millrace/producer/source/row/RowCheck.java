package io.millrace.producer.source.row;

import io.millrace.producer.source.column.BadRowException;

/** What a row must be beyond its shape. For all threads. */
@FunctionalInterface
public interface RowCheck {
    /** Takes every row. */
    RowCheck NONE = row -> {};

    /** @throws BadRowException when the row is not to be used */
    void check(PromptRow row) throws BadRowException;
}
