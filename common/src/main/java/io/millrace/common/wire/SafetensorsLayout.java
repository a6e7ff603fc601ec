package io.millrace.common.wire;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A safetensors blob in the making: first all tensors are named, then the blob is allocated once, at its final size,
 * with its header written, and the caller fills the data in through {@link SafetensorsView#data}. Tensors stand in the
 * order they were added. Not thread-safe; use once.
 */
public final class SafetensorsLayout {
    private final Map<String, String> metadata;
    private final ObjectNode header = Json.object();
    private final List<SafetensorsView.Entry> entries = new ArrayList<>();
    private long dataBytes;

    /** @throws IllegalArgumentException when a string is no valid Unicode */
    public SafetensorsLayout(Map<String, String> metadata) {
        this.metadata = Map.copyOf(metadata);
        metadata.forEach((key, value) -> {
            checkUnicode("a metadata key", key);
            checkUnicode("metadata " + key, value);
        });
        if (!metadata.isEmpty()) {
            ObjectNode node = header.putObject(Safetensors.METADATA);
            metadata.forEach(node::put);
        }
    }

    /**
     * Names the next tensor.
     *
     * @param dtype as safetensors writes it
     * @param shape sizes of its dimensions, none negative
     * @throws IllegalArgumentException when the name is taken, reserved or no valid Unicode, or dtype or shape cannot be
     * @throws BlobTooLargeException when the data would pass {@link Safetensors#BLOB_BYTES_MAX}
     */
    public SafetensorsLayout add(String name, String dtype, long... shape) {
        if (name.equals(Safetensors.METADATA)) {
            throw new IllegalArgumentException("a tensor must not be called " + Safetensors.METADATA);
        }
        if (header.has(name)) {
            throw new IllegalArgumentException("two tensors are called " + name);
        }
        checkUnicode("tensor name " + name, name);
        long begin = dataBytes;
        long sizeBytes = sizeBytes(name, dtype, shape);
        if (sizeBytes > Safetensors.BLOB_BYTES_MAX - begin) {
            throw new BlobTooLargeException(
                    "the data up to tensor " + name, saturatingSum(begin, sizeBytes), Safetensors.BLOB_BYTES_MAX);
        }
        long end = begin + sizeBytes;
        ObjectNode row = header.putObject(name);
        row.put("dtype", dtype);
        ArrayNode sizes = row.putArray("shape");
        for (long size : shape) {
            sizes.add(size);
        }
        row.putArray("data_offsets").add(begin).add(end);
        List<Long> dimensions = Arrays.stream(shape).boxed().toList();
        entries.add(new SafetensorsView.Entry(name, dtype, dimensions, (int) begin, (int) end));
        dataBytes = end;
        return this;
    }

    /**
     * Length and header, behind which the data of all tensors is to stand in their order.
     *
     * @throws BlobTooLargeException when header or blob pass what the format or a Java array can hold
     */
    byte[] head() {
        byte[] json = Json.MAPPER.writeValueAsBytes(header);
        long dataBegin = Long.BYTES + roundUp(json.length);
        if (dataBegin - Long.BYTES > Safetensors.HEADER_BYTES_MAX) {
            throw new BlobTooLargeException("the safetensors header", json.length, Safetensors.HEADER_BYTES_MAX);
        }
        long blobBytes = dataBegin + dataBytes;
        if (blobBytes > Safetensors.BLOB_BYTES_MAX) {
            throw new BlobTooLargeException("the safetensors blob", blobBytes, Safetensors.BLOB_BYTES_MAX);
        }
        byte[] head = new byte[(int) dataBegin];
        ByteBuffer.wrap(head)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(dataBegin - Long.BYTES)
                .put(json);
        Arrays.fill(head, Long.BYTES + json.length, (int) dataBegin, (byte) ' ');
        return head;
    }

    /** Of the data of all tensors. */
    long dataBytes() {
        return dataBytes;
    }

    /**
     * The blob with its header written and its data all zero.
     *
     * @throws BlobTooLargeException when header or blob pass what the format or a Java array can hold
     */
    public SafetensorsView allocate() {
        byte[] head = head();
        byte[] blob = Arrays.copyOf(head, (int) (head.length + dataBytes));
        List<SafetensorsView.Entry> placed = entries.stream()
                .map(entry -> new SafetensorsView.Entry(
                        entry.name(),
                        entry.dtype(),
                        entry.shape(),
                        head.length + entry.begin(),
                        head.length + entry.end()))
                .toList();
        return new SafetensorsView(blob, metadata, placed);
    }

    /** Whether a text has a UTF-8 form: no half of a surrogate pair stands alone. */
    static boolean isValidUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static void checkUnicode(String what, String text) {
        // Our JSON writer would escape such a half; the reference reader refuses the escape.
        if (!isValidUnicode(text)) {
            throw new IllegalArgumentException(what + " is no valid Unicode");
        }
    }

    private static long sizeBytes(String name, String dtype, long[] shape) {
        long sizeBytes = Tensor.width(dtype);
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException(
                        "tensor " + name + " must not have a negative size: " + Arrays.toString(shape));
            }
            sizeBytes = saturatingProduct(sizeBytes, size);
        }
        return sizeBytes;
    }

    private static long saturatingProduct(long a, long b) {
        return Math.multiplyHigh(a, b) != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
    }

    private static long saturatingSum(long a, long b) {
        return a + b < 0 ? Long.MAX_VALUE : a + b;
    }

    private static long roundUp(int sizeBytes) {
        return (sizeBytes + 7L) & ~7L;
    }
}
