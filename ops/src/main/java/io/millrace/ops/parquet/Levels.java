package io.millrace.ops.parquet;

import java.io.ByteArrayOutputStream;

/** Repetition or definition levels of 0 and 1, as runs. Not thread-safe. */
final class Levels {
    private final ByteArrayOutputStream runs = new ByteArrayOutputStream();
    private int level;
    private long count;

    void add(int value, long times) {
        if (times == 0) {
            return;
        }
        if (value != level) {
            flush();
            level = value;
        }
        count += times;
    }

    private void flush() {
        if (count > 0) {
            ThriftWriter.varint(runs, count << 1);
            runs.write(level);
        }
        count = 0;
    }

    /** Those of a page, with their length in front; the next ones are of the next page. */
    void writeTo(Bytes page) {
        flush();
        page.int32(runs.size());
        page.write(runs.toByteArray());
        runs.reset();
    }
}
