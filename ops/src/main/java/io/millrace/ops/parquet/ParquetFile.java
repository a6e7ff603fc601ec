package io.millrace.ops.parquet;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a Parquet file as it goes: rows into row groups of about 32 MiB, pages of about 1 MiB packed with zstd, lists in
 * the three-level form, texts marked as UTF-8 (https://parquet.apache.org/docs/file-format). Memory is one row group.
 * Not thread-safe.
 */
public final class ParquetFile {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    private static final long ROW_GROUP_BYTES = 32L << 20;
    private static final int VERSION = 1;
    private static final int REQUIRED = 0;
    private static final int OPTIONAL = 1;
    private static final int REPEATED = 2;
    private static final int UTF8 = 0;
    private static final int LIST = 3;
    private static final int ZSTD = 6;
    private static final int PLAIN = 0;
    private static final int RLE = 3;

    private final OutputStream out;
    private final List<Column> columns;
    private final List<RowGroup> rowGroups = new ArrayList<>();
    private long at;
    private long rows;
    private long groupRows;

    private record Placed(long offset, Column.Chunk chunk, long packedBytes) {}

    private record RowGroup(long rows, List<Placed> chunks) {}

    /** @param out not closed */
    public ParquetFile(OutputStream out, List<ColumnSpec> columns) throws IOException {
        this.out = out;
        this.columns = columns.stream().map(Column::new).toList();
        write(MAGIC);
    }

    /** In the order in which they were given; each takes its value of every row. */
    public List<Column> columns() {
        return columns;
    }

    /** Every column has taken its value of one more row. */
    public void rowEnded() throws IOException {
        rows++;
        groupRows++;
        if (columns.stream().mapToLong(Column::heldBytes).sum() >= ROW_GROUP_BYTES) {
            endRowGroup();
        }
    }

    private void endRowGroup() throws IOException {
        if (groupRows == 0) {
            return;
        }
        List<Placed> placed = new ArrayList<>();
        for (Column column : columns) {
            Column.Chunk chunk = column.take();
            placed.add(new Placed(
                    at,
                    new Column.Chunk(chunk.spec(), new byte[0], chunk.values(), chunk.plainBytes()),
                    chunk.pages().length));
            write(chunk.pages());
        }
        rowGroups.add(new RowGroup(groupRows, placed));
        groupRows = 0;
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        at += bytes.length;
    }

    /** Writes what is left, and the footer without which it is no file. */
    public void end() throws IOException {
        endRowGroup();
        byte[] footer = footer();
        write(footer);
        Bytes length = new Bytes();
        length.int32(footer.length);
        write(length.toArray());
        write(MAGIC);
        out.flush();
    }

    private byte[] footer() {
        ThriftWriter thrift = new ThriftWriter().i32(1, VERSION);
        schema(thrift);
        thrift.i64(3, rows).structs(4, rowGroups.size());
        for (RowGroup group : rowGroups) {
            thrift.element().structs(1, group.chunks().size());
            long bytes = 0;
            for (Placed placed : group.chunks()) {
                bytes += placed.chunk().plainBytes();
                ColumnSpec spec = placed.chunk().spec();
                List<String> path = path(spec);
                thrift.element()
                        .i64(2, placed.offset())
                        .struct(3)
                        .i32(1, spec.type().number())
                        .i32s(2, PLAIN, RLE)
                        .texts(3, path, path.size())
                        .i32(4, ZSTD)
                        .i64(5, placed.chunk().values())
                        .i64(6, placed.chunk().plainBytes())
                        .i64(7, placed.packedBytes())
                        .i64(9, placed.offset())
                        .end()
                        .end();
            }
            thrift.i64(2, bytes).i64(3, group.rows()).end();
        }
        return thrift.text(6, "millrace").done();
    }

    private static List<String> path(ColumnSpec spec) {
        if (spec.shape() != ColumnSpec.Shape.LIST) {
            return List.of(spec.name());
        }
        return spec.member().isEmpty()
                ? List.of(spec.name(), "list", "element")
                : List.of(spec.name(), "list", "element", spec.member());
    }

    /** The tree of the columns, its nodes before their children. */
    private void schema(ThriftWriter thrift) {
        List<ThriftNode> nodes = new ArrayList<>();
        int fields = 0;
        int i = 0;
        while (i < columns.size()) {
            ColumnSpec spec = columns.get(i).spec();
            int first = i;
            while (i < columns.size() && columns.get(i).spec().name().equals(spec.name())) {
                i++;
            }
            fields++;
            if (spec.shape() != ColumnSpec.Shape.LIST) {
                int repetition = spec.shape() == ColumnSpec.Shape.ONE ? REQUIRED : OPTIONAL;
                nodes.add(new ThriftNode(spec.name(), repetition, 0, spec.type(), false));
                continue;
            }
            nodes.add(new ThriftNode(spec.name(), REQUIRED, 1, null, true));
            nodes.add(new ThriftNode("list", REPEATED, 1, null, false));
            if (spec.member().isEmpty()) {
                nodes.add(new ThriftNode("element", REQUIRED, 0, spec.type(), false));
            } else {
                nodes.add(new ThriftNode("element", REQUIRED, i - first, null, false));
                for (int member = first; member < i; member++) {
                    ColumnSpec one = columns.get(member).spec();
                    nodes.add(new ThriftNode(one.member(), REQUIRED, 0, one.type(), false));
                }
            }
        }
        thrift.structs(2, nodes.size() + 1)
                .element()
                .text(4, "millrace")
                .i32(5, fields)
                .end();
        nodes.forEach(node -> node.writeTo(thrift));
    }

    private record ThriftNode(String name, int repetition, int children, ColumnSpec.@Nullable Type type, boolean list) {
        void writeTo(ThriftWriter thrift) {
            thrift.element();
            if (type != null) {
                thrift.i32(1, type.number());
            }
            thrift.i32(3, repetition).text(4, name);
            if (children > 0) {
                thrift.i32(5, children);
            }
            if (list) {
                thrift.i32(6, LIST);
            } else if (type == ColumnSpec.Type.TEXT) {
                thrift.i32(6, UTF8);
            }
            thrift.end();
        }
    }
}
