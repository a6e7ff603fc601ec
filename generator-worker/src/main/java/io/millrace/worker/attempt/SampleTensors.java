package io.millrace.worker.attempt;

import io.millrace.common.rollout.Tensor;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.TensorPiece;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The further tensors of one sample, put together from those of its pieces. Of a tensor with a row for each token the rows
 * that are there stay, and a piece brings what is behind them: they are of the weights that made the tokens. Others are the
 * pieces' values one after another; of a name that ends in {@code _offsets}, whose pieces count from 0 each (int32),
 * they count on. Not thread-safe; owned by whoever has the sample.
 */
public final class SampleTensors {
    private static final String OFFSETS = "_offsets";

    private static final class Rows {
        final String dtype;
        /** Sizes of a row. */
        final long[] row;

        final List<byte[]> data = new ArrayList<>();
        long count;

        Rows(Tensor tensor) {
            dtype = tensor.dtype();
            row = Arrays.copyOfRange(tensor.shape(), 1, tensor.shape().length);
        }

        boolean fits(Tensor tensor) {
            long[] shape = tensor.shape();
            return tensor.dtype().equals(dtype) && Arrays.equals(row, Arrays.copyOfRange(shape, 1, shape.length));
        }

        int rowBytes() {
            return (int) Arrays.stream(row).reduce(Tensor.width(dtype), (a, b) -> a * b);
        }
    }

    private final Map<String, Rows> tensors = new TreeMap<>();

    /**
     * Why the answer cannot be a piece of the sample; null when it can.
     *
     * @param asked names of what every answer must bring
     * @param through whether nothing is left to generate behind it
     */
    @Nullable
    String flaw(Generation piece, List<String> asked, boolean through) {
        for (String name : asked) {
            TensorPiece given = piece.tensors().stream()
                    .filter(tensor -> tensor.name().equals(name))
                    .findFirst()
                    .orElse(null);
            if (given == null) {
                if (through || piece.finish() != Finish.ABORT) {
                    return "brings no " + name + ", which --answer-tensors of the producer asks for; an engine may have"
                            + " to be started for it (--enable-return-routed-experts)";
                }
                continue;
            }
            if (name.endsWith(OFFSETS) && !given.tensor().dtype().equals("I32")) {
                return "brings " + name + " of " + given.tensor() + ", offsets are counted on as I32";
            }
            Rows rows = tensors.get(name);
            if (rows != null && rows.count > 0 && !rows.fits(given.tensor())) {
                return "brings " + name + " of " + given.tensor() + ", the sample has " + rows.dtype
                        + Arrays.toString(rows.row);
            }
            long have = rows == null ? 0 : rows.count;
            if (TensorPiece.isOfTokens(name) && given.start() > have) {
                return "brings " + name + " from token " + given.start() + ", the sample has it up to " + have;
            }
        }
        return null;
    }

    /** What a piece without {@link #flaw} brings. */
    void add(Generation piece) {
        for (TensorPiece given : piece.tensors()) {
            Rows rows = tensors.get(given.name());
            if (rows == null || rows.count == 0) {
                rows = new Rows(given.tensor());
                tensors.put(given.name(), rows);
            }
            byte[] data = given.tensor().data();
            if (given.name().endsWith(OFFSETS) && rows.count > 0) {
                byte[] counted = countedOn(rows, data);
                if (counted.length > 0) {
                    // Else the last of the list would not end with the last offset.
                    rows.data.add(counted);
                }
                rows.count += counted.length / rows.rowBytes();
                continue;
            }
            long known = TensorPiece.isOfTokens(given.name()) ? rows.count - given.start() : 0;
            if (known < given.rows()) {
                rows.data.add(known == 0 ? data : Arrays.copyOfRange(data, (int) known * rows.rowBytes(), data.length));
                rows.count += given.rows() - known;
            }
        }
    }

    /** Without the first, which is the last there is. */
    private static byte[] countedOn(Rows rows, byte[] data) {
        byte[] last = rows.data.getLast();
        ByteBuffer before = ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer out =
                ByteBuffer.allocate(Math.max(0, data.length - rows.rowBytes())).order(ByteOrder.LITTLE_ENDIAN);
        int base = before.getInt(last.length - Integer.BYTES);
        for (int at = Integer.BYTES; at + Integer.BYTES <= data.length; at += Integer.BYTES) {
            out.putInt(base + in.getInt(at));
        }
        return out.array();
    }

    /** What another worker had of one: its part of the group's tensor. */
    void restore(String name, String dtype, List<Long> shape, byte[] values) {
        Tensor tensor =
                new Tensor(dtype, shape.stream().mapToLong(Long::longValue).toArray(), values);
        Rows rows = new Rows(tensor);
        rows.data.add(values);
        rows.count = shape.getFirst();
        tensors.put(name, rows);
    }

    /** Rows that are there already of every tensor which has one for each token. */
    int rowsOfTokens() {
        return (int) tensors.entrySet().stream()
                .filter(tensor -> TensorPiece.isOfTokens(tensor.getKey()))
                .mapToLong(tensor -> tensor.getValue().count)
                .min()
                .orElse(0);
    }

    /** The shape of each, by name. */
    Map<String, List<Long>> shapes() {
        Map<String, List<Long>> shapes = new TreeMap<>();
        tensors.forEach((name, rows) -> {
            List<Long> shape = new ArrayList<>(List.of(rows.count));
            Arrays.stream(rows.row).forEach(shape::add);
            shapes.put(name, shape);
        });
        return shapes;
    }

    /** As safetensors writes it; null where there is no such tensor. */
    @Nullable
    String dtype(String name) {
        Rows rows = tensors.get(name);
        return rows == null ? null : rows.dtype;
    }

    /**
     * Hands the values of one over, so that they are in memory once.
     *
     * @return behind the last byte written
     */
    int moveTo(byte[] out, int at, String name) {
        Rows rows = tensors.get(name);
        int end = at;
        if (rows != null) {
            for (byte[] data : rows.data) {
                System.arraycopy(data, 0, out, end, data.length);
                end += data.length;
            }
            rows.data.clear();
        }
        return end;
    }
}
