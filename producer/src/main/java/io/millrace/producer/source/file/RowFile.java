package io.millrace.producer.source.file;

import io.millrace.producer.source.column.BadRowException;
import java.io.IOException;

/** A file of rows under way. One thread. */
public interface RowFile extends AutoCloseable {
    /**
     * Passes rows over where that costs nothing; called at most once, before {@link #next()}.
     *
     * @param rows to be passed over
     * @return how many were, 0 where each must be read
     */
    long skip(long rows);

    /**
     * Goes to the next row; false at the end.
     *
     * @throws RowFileException when the file is not what its name says
     * @throws IOException when it cannot be read
     */
    boolean next() throws IOException;

    /** Where the current row stands, 1 for the file's first line or row. */
    long place();

    /**
     * The current row as JSON.
     *
     * @throws BadRowException when it is too long, or cannot be given as JSON
     */
    String json() throws BadRowException;

    @Override
    void close() throws IOException;
}
