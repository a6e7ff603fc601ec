package io.millrace.common.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * Goes through the little-endian ints of a tensor once, in pieces that stay in the processor's nearest memory: copied in
 * bulk and looked at in plain loops, which the compiler makes wide ones of. One thread.
 */
final class IntScan {
    private static final int PIECE = 2048;
    private static final int SIGN = 0x8000_0000;

    private int or;
    private int largest = Integer.MIN_VALUE;
    private int largestNegative = Integer.MIN_VALUE;

    private IntScan() {}

    static IntScan of(TensorSlice slice) {
        IntScan scan = new IntScan();
        IntBuffer ints = ByteBuffer.wrap(slice.bytes(), slice.begin(), slice.sizeBytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer();
        int[] piece = new int[Math.min(PIECE, ints.remaining())];
        while (ints.hasRemaining()) {
            int count = Math.min(piece.length, ints.remaining());
            ints.get(piece, 0, count);
            scan.add(piece, count);
        }
        return scan;
    }

    private void add(int[] piece, int count) {
        int bits = or;
        int most = largest;
        int mostNegative = largestNegative;
        for (int i = 0; i < count; i++) {
            bits |= piece[i];
            most = Math.max(most, piece[i]);
            mostNegative = Math.max(mostNegative, piece[i] | SIGN);
        }
        or = bits;
        largest = most;
        largestNegative = mostNegative;
    }

    /** All bits that any has. */
    int or() {
        return or;
    }

    /** Of floats: the largest that is above zero, or zero. */
    float largestPositive() {
        return Float.intBitsToFloat(Math.max(0, largest));
    }

    /** Of floats: whether none is infinite or no number. With its sign set, such a one has the largest bits of all. */
    boolean areFinite() {
        return largestNegative < Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);
    }
}
