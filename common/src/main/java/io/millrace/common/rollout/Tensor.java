package io.millrace.common.rollout;

import java.util.Arrays;
import java.util.Set;

/**
 * A tensor we carry without looking inside.
 *
 * @param dtype as safetensors writes it, such as {@code F32}, {@code I32}, {@code U8}
 * @param shape sizes of its dimensions, none negative
 * @param data little-endian, row-major; its length is the product of shape times the width of dtype; not to be changed
 */
public record Tensor(String dtype, long[] shape, byte[] data) {
    private static final Set<String> ONE_BYTE = Set.of("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3");
    private static final Set<String> TWO_BYTES = Set.of("I16", "U16", "F16", "BF16");
    private static final Set<String> FOUR_BYTES = Set.of("I32", "U32", "F32");
    private static final Set<String> EIGHT_BYTES = Set.of("I64", "U64", "F64");

    public Tensor {
        long count = 1;
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("a tensor's shape must not be negative: " + Arrays.toString(shape));
            }
            count = Math.multiplyExact(count, size);
        }
        if (Math.multiplyExact(count, (long) width(dtype)) != data.length) {
            throw new IllegalArgumentException(
                    "a tensor of " + dtype + Arrays.toString(shape) + " does not have " + data.length + " bytes");
        }
    }

    /**
     * Bytes of one value.
     *
     * @throws IllegalArgumentException when safetensors has no such dtype
     */
    public static int width(String dtype) {
        if (ONE_BYTE.contains(dtype)) {
            return 1;
        }
        if (TWO_BYTES.contains(dtype)) {
            return 2;
        }
        if (FOUR_BYTES.contains(dtype)) {
            return 4;
        }
        if (EIGHT_BYTES.contains(dtype)) {
            return 8;
        }
        throw new IllegalArgumentException("unknown tensor dtype " + dtype);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor that
                && dtype.equals(that.dtype)
                && Arrays.equals(shape, that.shape)
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * dtype.hashCode() + Arrays.hashCode(shape)) + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return dtype + Arrays.toString(shape);
    }
}
