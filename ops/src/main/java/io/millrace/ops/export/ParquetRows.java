package io.millrace.ops.export;

import io.millrace.common.rollout.VersionSpan;
import io.millrace.ops.parquet.Column;
import io.millrace.ops.parquet.ParquetFile;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.List;

/** Rows of a Parquet file. One thread. */
final class ParquetRows implements RowSink {
    private final ParquetFile file;

    /** @param out not closed */
    ParquetRows(OutputStream out) throws IOException {
        this.file = new ParquetFile(
                out,
                Field.ALL.stream().flatMap(field -> field.columns().stream()).toList());
    }

    @Override
    public void row(SampleRow row) throws IOException {
        Iterator<Column> columns = file.columns().iterator();
        for (Field field : Field.ALL) {
            write(columns, field.value().apply(row));
        }
        file.rowEnded();
    }

    private static void write(Iterator<Column> columns, Cell cell) {
        Column column = columns.next();
        switch (cell) {
            case Cell.Text text -> column.text(text.value());
            case Cell.Whole whole -> column.whole(whole.value());
            case Cell.Real real -> column.real(real.value());
            case Cell.Ints ints -> column.list(ints.count(), i -> column.int32(ints.values()[ints.from() + i]));
            case Cell.Floats floats ->
                column.list(floats.count(), i -> column.float32(floats.values()[floats.from() + i]));
            case Cell.Bytes bytes -> column.list(bytes.count(), i -> column.int32(bytes.values()[bytes.from() + i]));
            case Cell.Spans all -> {
                List<VersionSpan> spans = all.spans();
                column.list(
                        spans.size(), i -> column.int64(spans.get(i).version().value()));
                Column from = columns.next();
                from.list(spans.size(), i -> from.int32(spans.get(i).from()));
                Column to = columns.next();
                to.list(spans.size(), i -> to.int32(spans.get(i).to()));
            }
        }
    }

    @Override
    public void end() throws IOException {
        file.end();
    }
}
