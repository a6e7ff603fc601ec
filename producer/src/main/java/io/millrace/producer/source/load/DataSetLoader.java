package io.millrace.producer.source.load;

import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.file.FileFormat;
import io.millrace.producer.source.file.RowFile;
import io.millrace.producer.source.file.RowFileException;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowParser;
import io.millrace.producer.source.row.RowShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Reads a data set from a file of rows. A slice counts rows before any is found bad; what is outside it is neither parsed
 * nor judged, and reading ends where it ends. Bad rows are left out, counted and listed ({@link DataSet#report()}).
 * Stateless.
 */
public final class DataSetLoader {
    private DataSetLoader() {}

    /**
     * Reads the whole slice into memory: about the bytes of its prompts, labels and metadata.
     *
     * @param check what a row must be beyond its shape
     * @throws DataSetException when the file cannot be read, more rows are bad than allowed, or none is usable
     */
    public static DataSet load(DataSetSpec spec, RowShape shape, RowLimits limits, RowCheck check)
            throws DataSetException {
        return load(spec, shape, limits, check, Long.MAX_VALUE, () -> false);
    }

    /**
     * Same, and holds no more than that.
     *
     * @param bytesMax of all rows as they are held
     * @param stopped asked with every row, also those outside the slice; true ends the reading
     * @throws DataSetException as above, or when the rows are more or it was stopped; the rest is not read
     */
    public static DataSet load(
            DataSetSpec spec, RowShape shape, RowLimits limits, RowCheck check, long bytesMax, BooleanSupplier stopped)
            throws DataSetException {
        Path path = spec.path();
        FileFormat format = checked(path);
        DataSetBuilder builder =
                new DataSetBuilder(spec, format.unit(), shape.rendering(), limits.maxBadShare(), bytesMax);
        try (RowFile file = format.open(path, limits.maxRowBytes())) {
            read(file, spec.slice(), new Rows(shape, limits, check, stopped), builder);
        } catch (RowFileException e) {
            throw new DataSetException("data set " + path + " " + e.getMessage(), e);
        } catch (IOException e) {
            throw new DataSetException("data set " + path + " cannot be read: " + e, e);
        }
        return builder.build();
    }

    private static FileFormat checked(Path path) throws DataSetException {
        if (!Files.exists(path)) {
            throw new DataSetException("data set " + path + " does not exist, looked for " + path.toAbsolutePath());
        }
        if (Files.isDirectory(path)) {
            throw new DataSetException("data set " + path + " is a directory, expected a file");
        }
        if (!Files.isRegularFile(path)) {
            throw new DataSetException("data set " + path + " is no regular file: a pipe or a device may never end");
        }
        return FileFormat.of(path)
                .orElseThrow(
                        () -> new DataSetException("data set " + path + " must end in one of " + FileFormat.endings()));
    }

    /** What makes a line a row. */
    private record Rows(RowShape shape, RowLimits limits, RowCheck check, BooleanSupplier stopped) {
        RowParser parser(RowShape told) {
            return new RowParser(told, limits.maxPromptChars(), limits.maxPromptTokens());
        }
    }

    private static void read(RowFile file, DataSetSpec.Slice slice, Rows rows, DataSetBuilder builder)
            throws IOException, DataSetException {
        RowParser parser = null;
        for (long row = file.skip(slice.from()); row < slice.to() && file.next(); row++) {
            if (rows.stopped().getAsBoolean()) {
                throw new DataSetException("the reading was stopped at " + builder.place(file.place()));
            }
            if (row < slice.from()) {
                continue;
            }
            try {
                String json = file.json();
                if (parser == null) {
                    RowShape told = rows.shape().toldBy(json);
                    parser = rows.parser(told);
                    builder.told(told.form());
                }
                PromptRow parsed = parser.parse(file.place(), json);
                rows.check().check(parsed);
                builder.add(parsed);
            } catch (BadRowException e) {
                builder.addBad(file.place(), e.reason(), String.valueOf(e.getMessage()));
            }
        }
    }
}
