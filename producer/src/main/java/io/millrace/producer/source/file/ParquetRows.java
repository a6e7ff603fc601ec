package io.millrace.producer.source.file;

import dev.hardwood.Hardwood;
import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import io.millrace.producer.source.column.BadRowException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a Parquet file. What is in memory is what the reader decodes ahead of the row that is asked for, some pages of
 * each column, whatever the size of the file. The reader is for files that are whole: what it throws on others is of
 * many kinds, so anything it throws counts as one.
 */
final class ParquetRows implements RowFile {
    /** A data set is read once, at a start; more threads would take cores from who shares the machine. */
    private static final int THREADS = 2;

    private final Hardwood reading;
    private final ParquetFileReader file;
    private final ParquetJson json;
    private @Nullable RowReader rows;
    private long place;

    private ParquetRows(Hardwood reading, ParquetFileReader file, int maxRowBytes) {
        this.reading = reading;
        this.file = file;
        this.json = new ParquetJson(file.getFileSchema().getRootNode(), maxRowBytes);
    }

    static ParquetRows open(Path path, int maxRowBytes) throws IOException {
        Hardwood reading = Hardwood.create(HardwoodContext.create(THREADS));
        try {
            return new ParquetRows(reading, reading.open(InputFile.of(path)), maxRowBytes);
        } catch (IOException | RuntimeException e) {
            reading.close();
            throw broken(e);
        }
    }

    private static RowFileException broken(Exception e) {
        return new RowFileException("is no readable Parquet file: " + e.getMessage(), e);
    }

    @Override
    public long skip(long rows) {
        long passed = Math.min(rows, file.getFileMetaData().numRows());
        if (passed > 0) {
            this.rows = file.buildRowReader().skip(passed).build();
            place = passed;
        }
        return passed;
    }

    @Override
    public boolean next() throws IOException {
        try {
            RowReader reader = rows;
            if (reader == null) {
                reader = file.rowReader();
                rows = reader;
            }
            if (!reader.hasNext()) {
                return false;
            }
            reader.next();
            place++;
            return true;
        } catch (RuntimeException e) {
            throw broken(e);
        }
    }

    @Override
    public long place() {
        return place;
    }

    @Override
    public String json() throws BadRowException {
        if (rows == null) {
            throw new IllegalStateException("there is no row before next()");
        }
        return json.of(rows);
    }

    @Override
    public void close() throws IOException {
        try (reading;
                file) {
            if (rows != null) {
                rows.close();
            }
        }
    }
}
