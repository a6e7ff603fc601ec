package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * How token ids stand in a group's blob: U8 {@code [n, 3]}, three bytes each, little-endian, while none needs more, since
 * no vocabulary does; else I32 {@code [n]}. None is negative.
 */
final class TokenForm {
    static final int NARROW_BYTES = 3;
    static final String NARROW = "U8";
    static final String WIDE = "I32";

    private static final int NARROW_MAX = (1 << 24) - 1;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private TokenForm() {}

    static boolean isNarrow(int[] tokens) {
        int all = 0;
        for (int token : tokens) {
            all |= token;
        }
        return (all & ~NARROW_MAX) == 0;
    }

    static void add(SafetensorsLayout layout, String name, int[] tokens) {
        if (isNarrow(tokens)) {
            layout.add(name, NARROW, tokens.length, NARROW_BYTES);
        } else {
            layout.add(name, WIDE, tokens.length);
        }
    }

    /** Into the place that {@link #add} made. */
    static void put(SafetensorsView view, String name, int[] tokens) {
        SafetensorsView.Entry entry = view.entry(name);
        if (entry.dtype().equals(WIDE)) {
            view.data(name).asIntBuffer().put(tokens);
            return;
        }
        byte[] blob = view.blob();
        int at = entry.begin();
        int last = tokens.length - 1;
        // Each write covers a byte of the next token, which is written behind it.
        for (int i = 0; i < last; i++) {
            INT.set(blob, at, tokens[i]);
            at += NARROW_BYTES;
        }
        if (last >= 0) {
            blob[at] = (byte) tokens[last];
            blob[at + 1] = (byte) (tokens[last] >> 8);
            blob[at + 2] = (byte) (tokens[last] >> 16);
        }
    }

    /** Whether it is one of the two forms, of so many tokens, and none is negative. */
    static void check(String name, TensorSlice slice, long tokens) throws BadRecordException {
        boolean narrow = slice.dtype().equals(NARROW) && slice.shape().equals(List.of(tokens, (long) NARROW_BYTES));
        if (!narrow && !(slice.dtype().equals(WIDE) && slice.shape().equals(List.of(tokens)))) {
            throw new BadRecordException("tensor " + name + " must be " + WIDE + "[" + tokens + "] or " + NARROW + "["
                    + tokens + ", " + NARROW_BYTES + "] by the samples' lengths, is " + slice);
        }
        if (!narrow) {
            int all = 0;
            for (int at = slice.begin(); at < slice.end(); at += Integer.BYTES) {
                all |= (int) INT.get(slice.bytes(), at);
            }
            if (all < 0) {
                throw new BadRecordException("one of the " + name + " is negative");
            }
        }
    }

    /** Reads so many tokens from this one on. */
    static void get(TensorSlice slice, int from, int[] into, int count) {
        byte[] bytes = slice.bytes();
        if (slice.dtype().equals(WIDE)) {
            ByteBuffer.wrap(bytes, slice.begin() + from * Integer.BYTES, count * Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asIntBuffer()
                    .get(into, 0, count);
            return;
        }
        int at = slice.begin() + from * NARROW_BYTES;
        int whole = wholeInts(at, bytes, count);
        for (int i = 0; i < whole; i++) {
            into[i] = (int) INT.get(bytes, at) & NARROW_MAX;
            at += NARROW_BYTES;
        }
        if (whole < count) {
            into[whole] = Byte.toUnsignedInt(bytes[at])
                    | Byte.toUnsignedInt(bytes[at + 1]) << 8
                    | Byte.toUnsignedInt(bytes[at + 2]) << 16;
        }
    }

    /** The same as four bytes each, little-endian, from the start of the target on. */
    static void widen(TensorSlice slice, int from, byte[] into, int count) {
        byte[] bytes = slice.bytes();
        if (slice.dtype().equals(WIDE)) {
            System.arraycopy(bytes, slice.begin() + from * Integer.BYTES, into, 0, count * Integer.BYTES);
            return;
        }
        int at = slice.begin() + from * NARROW_BYTES;
        int whole = wholeInts(at, bytes, count);
        for (int i = 0; i < whole; i++) {
            INT.set(into, i * Integer.BYTES, (int) INT.get(bytes, at) & NARROW_MAX);
            at += NARROW_BYTES;
        }
        if (whole < count) {
            int to = whole * Integer.BYTES;
            System.arraycopy(bytes, at, into, to, NARROW_BYTES);
            into[to + NARROW_BYTES] = 0;
        }
    }

    /** How many tokens are read with the byte behind them: the last one's may be beyond the blob. */
    private static int wholeInts(int at, byte[] bytes, int count) {
        return count == 0 || at + count * NARROW_BYTES < bytes.length ? count : count - 1;
    }
}
