package io.millrace.ops.export;

import java.io.IOException;

/** Where rows go; one thread. */
interface RowSink {
    void row(SampleRow row) throws IOException;

    /** There are no more; without it the file is not whole. */
    void end() throws IOException;
}
