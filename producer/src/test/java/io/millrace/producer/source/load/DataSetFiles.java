package io.millrace.producer.source.load;

import com.github.luben.zstd.ZstdOutputStream;
import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Data sets for tests. */
public final class DataSetFiles {
    public static final RowShape SHAPE = new RowShape("prompt", "label", "metadata", ChatTemplate.CHATML);

    /** Nothing bad is allowed. */
    public static final RowLimits STRICT = new RowLimits(1000, 100, 0, 4096);

    /** Anything may be bad as long as something is usable. */
    public static final RowLimits LENIENT = new RowLimits(1000, 100, 1, 4096);

    private DataSetFiles() {}

    public static DataSetSpec write(Path file, String text) throws IOException {
        return write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Compressed when the name says so. */
    public static DataSetSpec write(Path file, byte[] bytes) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                OutputStream packed = packed(file.toString(), out)) {
            packed.write(bytes);
        }
        return DataSetSpec.parse(file.toString());
    }

    private static OutputStream packed(String name, OutputStream out) throws IOException {
        return name.endsWith(".gz")
                ? new GZIPOutputStream(out)
                : name.endsWith(".zst") ? new ZstdOutputStream(out) : out;
    }

    public static DataSetSpec slice(DataSetSpec spec, long from, long to) {
        return new DataSetSpec(spec.path(), new DataSetSpec.Slice(from, to));
    }

    /** {@code count} rows of text prompts, their labels the row numbers from 0. */
    public static String rows(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("{\"prompt\": \"What is ")
                    .append(i)
                    .append("?\", \"label\": ")
                    .append(i)
                    .append("}\n");
        }
        return text.toString();
    }
}
