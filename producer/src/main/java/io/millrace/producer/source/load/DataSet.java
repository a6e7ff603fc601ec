package io.millrace.producer.source.load;

import io.millrace.producer.source.chat.Rendering;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.row.CanonicalRow;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RowParser;
import java.util.Arrays;
import java.util.Objects;

/**
 * The usable rows of a data set, in file order. Immutable, for all threads.
 *
 * <p>Rows are kept as their canonical bytes and parsed at each call: a parsed row with its rendered text and metadata
 * tree takes nearly three times the memory (measured with short chat prompts), its metadata could be changed by whoever
 * got it, and parsing takes microseconds, far below what the publishing of a task takes. Keeping only offsets into the file was refused: gzip has no cheap random
 * access, and the file may change while the run goes on.
 */
public final class DataSet {
    private final DataSetSpec spec;
    private final byte[][] rows;
    private final long[] lines;
    private final RowForm form;
    private final Rendering rendering;
    private final RowParser parser;
    private final String fingerprint;
    private final LoadReport report;

    /** Takes the arrays over; {@link DataSetBuilder} makes them. */
    DataSet(
            DataSetSpec spec,
            byte[][] rows,
            long[] lines,
            RowForm form,
            Rendering rendering,
            String fingerprint,
            LoadReport report) {
        this.spec = spec;
        this.rows = rows;
        this.lines = lines;
        this.form = form;
        this.rendering = rendering;
        this.parser = CanonicalRow.parser(rendering);
        this.fingerprint = fingerprint;
        this.report = report;
    }

    /** What it was read from. */
    public DataSetSpec spec() {
        return spec;
    }

    /** Which shape its rows have, as settings or its first row say. */
    public RowForm form() {
        return form;
    }

    /** What its messages are rendered by. */
    public Rendering rendering() {
        return rendering;
    }

    /** Usable rows, 1 or more. */
    public int size() {
        return rows.length;
    }

    /** Bytes of all rows as they are held. */
    public long heldBytes() {
        return Arrays.stream(rows).mapToLong(row -> row.length).sum();
    }

    /** @param i 0 to {@link #size()} - 1 */
    public PromptRow row(int i) {
        return CanonicalRow.decode(parser, line(i), rows[i]);
    }

    /** The line of a row, as in {@link PromptRow#line()}, without parsing it. */
    public long line(int i) {
        return lines[Objects.checkIndex(i, rows.length)];
    }

    /** 16 hex digits that change when any usable row, its line, its rendered text or the slice changes. */
    public String fingerprint() {
        return fingerprint;
    }

    /** What was found when it was read. */
    public LoadReport report() {
        return report;
    }
}
