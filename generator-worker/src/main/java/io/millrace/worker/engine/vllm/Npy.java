package io.millrace.worker.engine.vllm;

import io.millrace.common.rollout.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads an array as NumPy saves one ({@code .npy}, numpy/lib/format.py). Stateless. */
final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** The magic and two bytes of version. */
    private static final int PREFIX_BYTES = 8;

    private static final int HEADER_BYTES_MAX = 4096;

    private static final Map<String, String> DTYPES = Map.of(
            "|u1", "U8", "|i1", "I8", "<u2", "U16", "<i2", "I16", "<i4", "I32", "<u4", "U32", "<i8", "I64", "<f4",
            "F32");

    private static final Pattern HEADER = Pattern.compile(
            "\\{ ?'descr': ?'([^']{1,8})', ?'fortran_order': ?False," + " ?'shape': ?\\(([0-9, ]{1,80})\\),? ?\\}\\s*");

    private Npy() {}

    /** @throws IllegalArgumentException when the bytes are no such array, or one of another kind of numbers or order */
    static Tensor read(byte[] bytes) {
        if (bytes.length < PREFIX_BYTES + Short.BYTES || !Arrays.equals(MAGIC, Arrays.copyOf(bytes, MAGIC.length))) {
            throw new IllegalArgumentException("no .npy array in " + bytes.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, PREFIX_BYTES, bytes.length - PREFIX_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        long headerBytes = bytes[MAGIC.length] == 1 || in.remaining() < Integer.BYTES
                ? Short.toUnsignedLong(in.getShort())
                : Integer.toUnsignedLong(in.getInt());
        if (headerBytes > HEADER_BYTES_MAX || headerBytes > in.remaining()) {
            throw new IllegalArgumentException("a .npy header of " + headerBytes + " bytes");
        }
        String header = new String(bytes, in.position(), (int) headerBytes, StandardCharsets.ISO_8859_1);
        Matcher found = HEADER.matcher(header);
        String dtype = found.matches() ? DTYPES.get(found.group(1)) : null;
        if (dtype == null) {
            throw new IllegalArgumentException("a .npy array of " + header.strip());
        }
        long[] shape = Arrays.stream(found.group(2).split(",", -1))
                .map(String::strip)
                .filter(size -> !size.isEmpty())
                .mapToLong(Npy::size)
                .toArray();
        return new Tensor(dtype, shape, Arrays.copyOfRange(bytes, in.position() + (int) headerBytes, bytes.length));
    }

    private static long size(String digits) {
        // Nine digits: whatever they are, Tensor compares their product with the bytes that there are.
        if (digits.length() > 9) {
            throw new IllegalArgumentException("a .npy dimension of " + digits);
        }
        return Long.parseLong(digits);
    }
}
