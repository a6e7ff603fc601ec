package io.millrace.ops.parquet;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Takes a column's values, row by row, and makes compressed pages of them. Owned by its file's writer. */
public final class Column {
    /** A page ends with the row that fills it. */
    private static final int PAGE_BYTES = 1 << 20;

    private static final int PLAIN = 0;
    private static final int RLE = 3;
    private static final int DATA_PAGE = 0;

    private final ColumnSpec spec;
    private final Bytes values = new Bytes();
    private final Levels repetitions = new Levels();
    private final Levels definitions = new Levels();
    private final ByteArrayOutputStream pages = new ByteArrayOutputStream();
    private int pageValues;
    private long chunkValues;
    private long plainBytes;

    Column(ColumnSpec spec) {
        this.spec = spec;
    }

    ColumnSpec spec() {
        return spec;
    }

    /** A row's only text; null where it has none. */
    public void text(@Nullable String value) {
        if (one(value != null) && value != null) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            values.int32(utf8.length);
            values.write(utf8);
        }
        rowEnded();
    }

    /** A row's only whole number; null where it has none. */
    public void whole(@Nullable Long value) {
        if (one(value != null) && value != null) {
            switch (spec.type()) {
                case INT32 -> values.int32(Math.toIntExact(value));
                case INT64 -> values.int64(value);
                default -> throw new IllegalStateException(spec + " has no whole numbers");
            }
        }
        rowEnded();
    }

    /** A row's only number. */
    public void real(double value) {
        one(true);
        values.float64(value);
        rowEnded();
    }

    /** A row's list: the function writes the value at each place. */
    public void list(int count, IntConsumer write) {
        repetitions.add(0, 1);
        repetitions.add(1, Math.max(0, count - 1));
        definitions.add(count == 0 ? 0 : 1, Math.max(1, count));
        pageValues += Math.max(1, count);
        for (int i = 0; i < count; i++) {
            write.accept(i);
        }
        rowEnded();
    }

    /** A value of a list, within {@link #list}. */
    public void int32(int value) {
        values.int32(value);
    }

    /** A value of a list, within {@link #list}. */
    public void int64(long value) {
        values.int64(value);
    }

    /** A value of a list, within {@link #list}. */
    public void float32(float value) {
        values.float32(value);
    }

    /** Whether there is a value to write. */
    private boolean one(boolean there) {
        if (spec.shape() == ColumnSpec.Shape.ONE_OR_NONE) {
            definitions.add(there ? 1 : 0, 1);
        } else if (!there) {
            throw new IllegalArgumentException(spec.name() + " has a value in every row");
        }
        pageValues++;
        return there;
    }

    private void rowEnded() {
        if (values.size() >= PAGE_BYTES) {
            endPage();
        }
    }

    private void endPage() {
        if (pageValues == 0) {
            return;
        }
        Bytes page = new Bytes();
        if (spec.shape() == ColumnSpec.Shape.LIST) {
            repetitions.writeTo(page);
        }
        if (spec.shape() != ColumnSpec.Shape.ONE) {
            definitions.writeTo(page);
        }
        page.write(values.toArray());
        byte[] plain = page.toArray();
        byte[] packed = Zstd.compress(plain);
        byte[] header = new ThriftWriter()
                .i32(1, DATA_PAGE)
                .i32(2, plain.length)
                .i32(3, packed.length)
                .struct(5)
                .i32(1, pageValues)
                .i32(2, PLAIN)
                .i32(3, RLE)
                .i32(4, RLE)
                .end()
                .done();
        pages.writeBytes(header);
        pages.writeBytes(packed);
        plainBytes += header.length + plain.length;
        chunkValues += pageValues;
        pageValues = 0;
        values.clear();
    }

    /** Memory of what has not been taken. */
    long heldBytes() {
        return pages.size() + (long) values.size();
    }

    /**
     * The pages of a row group.
     *
     * @param values with those that are absent
     * @param plainBytes before compression, headers with them
     */
    record Chunk(ColumnSpec spec, byte[] pages, long values, long plainBytes) {}

    /** What was taken since the last call. */
    Chunk take() {
        endPage();
        Chunk chunk = new Chunk(spec, pages.toByteArray(), chunkValues, plainBytes);
        pages.reset();
        chunkValues = 0;
        plainBytes = 0;
        return chunk;
    }
}
