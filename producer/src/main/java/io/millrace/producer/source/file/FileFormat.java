package io.millrace.producer.source.file;

import com.github.luben.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** The kinds of file that rows come in, told by the end of their names. */
public enum FileFormat {
    /** One JSON object a line. */
    JSONL(".jsonl", "line"),
    /** The same, packed by gzip. */
    JSONL_GZ(".jsonl.gz", "line"),
    /** The same, packed by zstd. */
    JSONL_ZST(".jsonl.zst", "line"),
    /** Columns. */
    PARQUET(".parquet", "row");

    private static final int BUFFER_BYTES = 1 << 16;

    private final String ending;
    private final String unit;

    FileFormat(String ending, String unit) {
        this.ending = ending;
        this.unit = unit;
    }

    /** What a row's place is counted in, for people. */
    public String unit() {
        return unit;
    }

    /** Empty when its name ends as none of them does. */
    public static Optional<FileFormat> of(Path path) {
        String name = path.toString();
        return Arrays.stream(values())
                .filter(format -> name.endsWith(format.ending))
                .findFirst();
    }

    /** For an error. */
    public static String endings() {
        return Arrays.stream(values()).map(format -> format.ending).collect(Collectors.joining(", "));
    }

    /**
     * Opens a file.
     *
     * @param maxRowBytes longest row, as JSON
     * @throws RowFileException when it is not what its name says
     */
    public RowFile open(Path path, int maxRowBytes) throws IOException {
        return switch (this) {
            case JSONL, JSONL_GZ, JSONL_ZST -> new JsonlRows(this, stream(path), maxRowBytes);
            case PARQUET -> ParquetRows.open(path, maxRowBytes);
        };
    }

    // The unpacking stream closes the file; when it cannot be made, the file is closed here.
    private InputStream stream(Path path) throws IOException {
        InputStream file = Files.newInputStream(path);
        try {
            return switch (this) {
                case JSONL_GZ -> new GZIPInputStream(file, BUFFER_BYTES);
                case JSONL_ZST -> new ZstdInputStream(file);
                case JSONL, PARQUET -> file;
            };
        } catch (IOException e) {
            file.close();
            throw worded(e);
        }
    }

    /** The same error in words. */
    IOException worded(IOException e) {
        return switch (this) {
            case JSONL_GZ ->
                switch (e) {
                    case ZipException bad -> new RowFileException("is no readable gzip file: " + bad.getMessage(), bad);
                    case EOFException cut -> new RowFileException("is an incomplete gzip file", cut);
                    default -> e;
                };
            case JSONL_ZST -> new RowFileException("is no readable, or an incomplete, zstd file: " + e.getMessage(), e);
            case JSONL, PARQUET -> e;
        };
    }
}
