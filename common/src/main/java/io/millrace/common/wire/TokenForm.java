package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
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
        // Plain stores: they are quick before they are compiled well, too.
        for (int token : tokens) {
            blob[at] = (byte) token;
            blob[at + 1] = (byte) (token >> 8);
            blob[at + 2] = (byte) (token >> 16);
            at += NARROW_BYTES;
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
            if (IntScan.of(slice).or() < 0) {
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
        for (int i = 0; i < count; i++) {
            into[i] = (bytes[at] & 0xFF) | (bytes[at + 1] & 0xFF) << 8 | (bytes[at + 2] & 0xFF) << 16;
            at += NARROW_BYTES;
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
        for (int to = 0; to < count * Integer.BYTES; to += Integer.BYTES) {
            into[to] = bytes[at];
            into[to + 1] = bytes[at + 1];
            into[to + 2] = bytes[at + 2];
            into[to + 3] = 0;
            at += NARROW_BYTES;
        }
    }
}
