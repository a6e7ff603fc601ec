package io.millrace.producer.source.load;

import io.millrace.producer.source.row.BadRowException;
import io.millrace.producer.source.row.BadRowReason;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RowCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowParser;
import io.millrace.producer.source.row.RowShape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads a data set from a file of JSON lines, {@code .jsonl} or {@code .jsonl.gz}, UTF-8; one row a line, blank lines
 * are none. A slice counts rows before any is found bad; what is outside it is neither parsed nor judged, and reading
 * ends where it ends. Bad rows are left out, counted and listed ({@link DataSet#report()}). Stateless.
 */
public final class JsonlDataSet {
    private static final int GZIP_BUFFER_BYTES = 1 << 16;

    private JsonlDataSet() {}

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
        check(path);
        DataSetBuilder builder = new DataSetBuilder(spec, shape.chatTemplate(), limits.maxBadShare(), bytesMax);
        try (InputStream in = open(path)) {
            read(
                    new JsonlLines(in, limits.maxRowBytes()),
                    spec.slice(),
                    new Rows(shape, limits, check, stopped),
                    builder);
        } catch (ZipException e) {
            throw new DataSetException("data set " + path + " is no readable gzip file: " + e.getMessage(), e);
        } catch (EOFException e) {
            throw new DataSetException("data set " + path + " is an incomplete gzip file", e);
        } catch (IOException e) {
            throw new DataSetException("data set " + path + " cannot be read: " + e, e);
        }
        return builder.build();
    }

    private static void check(Path path) throws DataSetException {
        String name = path.toString();
        if (!Files.exists(path)) {
            throw new DataSetException("data set " + path + " does not exist, looked for " + path.toAbsolutePath());
        }
        if (Files.isDirectory(path)) {
            throw new DataSetException("data set " + path + " is a directory, expected a file");
        }
        if (!Files.isRegularFile(path)) {
            throw new DataSetException("data set " + path + " is no regular file: a pipe or a device may never end");
        }
        if (!name.endsWith(".jsonl") && !isGzip(path)) {
            throw new DataSetException("data set " + path + " must end in .jsonl or .jsonl.gz");
        }
    }

    private static boolean isGzip(Path path) {
        return path.toString().endsWith(".jsonl.gz");
    }

    // The gzip stream closes the file; when it cannot be made, the file is closed here.
    private static InputStream open(Path path) throws IOException {
        InputStream file = Files.newInputStream(path);
        if (!isGzip(path)) {
            return file;
        }
        try {
            return new GZIPInputStream(file, GZIP_BUFFER_BYTES);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** What makes a line a row. */
    private record Rows(RowShape shape, RowLimits limits, RowCheck check, BooleanSupplier stopped) {}

    private static void read(JsonlLines lines, DataSetSpec.Slice slice, Rows rows, DataSetBuilder builder)
            throws IOException, DataSetException {
        RowLimits limits = rows.limits();
        RowParser parser = null;
        CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
        for (long row = 0; row < slice.to() && lines.next(); row++) {
            if (rows.stopped().getAsBoolean()) {
                throw new DataSetException("the reading was stopped at line " + lines.line());
            }
            if (row < slice.from()) {
                continue;
            }
            try {
                String json = decode(lines, limits, utf8);
                if (parser == null) {
                    RowShape told = rows.shape().toldBy(json);
                    parser = new RowParser(told, limits.maxPromptChars(), limits.maxPromptTokens());
                    builder.told(told.form());
                }
                PromptRow parsed = parser.parse(lines.line(), json);
                rows.check().check(parsed);
                builder.add(parsed);
            } catch (BadRowException e) {
                builder.addBad(lines.line(), e.reason(), String.valueOf(e.getMessage()));
            }
        }
    }

    private static String decode(JsonlLines lines, RowLimits limits, CharsetDecoder utf8) throws BadRowException {
        if (lines.tooLong()) {
            throw new BadRowException(
                    BadRowReason.TOO_LONG,
                    "the line has " + lines.lengthBytes() + " bytes, the limit is " + limits.maxRowBytes());
        }
        try {
            return utf8.decode(ByteBuffer.wrap(lines.content(), 0, (int) lines.lengthBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadRowException(BadRowReason.BAD_JSON, "the line is not UTF-8");
        }
    }
}
