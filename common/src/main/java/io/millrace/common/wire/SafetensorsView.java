package io.millrace.common.wire;

import io.millrace.common.rollout.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors blob whose table is known and checked. It looks into the blob and never copies it: whoever holds the
 * blob must not change it while a view is in use. Safe for all threads under that rule.
 */
public final class SafetensorsView {
    private final byte[] blob;
    private final Map<String, String> metadata;
    private final Map<String, Entry> entries;

    /**
     * One row of the table.
     *
     * @param shape sizes of its dimensions; none for a single value
     * @param begin of its data, bytes from the start of the blob
     * @param end of its data, exclusive
     */
    public record Entry(String name, String dtype, List<Long> shape, int begin, int end) {
        public Entry {
            shape = List.copyOf(shape);
        }

        /** Size of its data. */
        public int sizeBytes() {
            return end - begin;
        }
    }

    SafetensorsView(byte[] blob, Map<String, String> metadata, List<Entry> entries) {
        this.blob = blob;
        this.metadata = Map.copyOf(metadata);
        Map<String, Entry> byName = LinkedHashMap.newLinkedHashMap(entries.size());
        entries.forEach(entry -> byName.put(entry.name(), entry));
        this.entries = Collections.unmodifiableMap(byName);
    }

    /** The blob itself, not a copy. */
    public byte[] blob() {
        return blob;
    }

    /** The {@code __metadata__} strings; empty when the blob has none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The table by name, in the order of the data. */
    public Map<String, Entry> entries() {
        return entries;
    }

    /**
     * The data of a tensor, little-endian, as a window on the blob.
     *
     * @throws IllegalArgumentException when there is no such tensor
     */
    public ByteBuffer data(String name) {
        Entry entry = entry(name);
        return ByteBuffer.wrap(blob, entry.begin(), entry.sizeBytes()).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * A copy of a tensor.
     *
     * @throws IllegalArgumentException when there is no such tensor
     */
    public Tensor tensor(String name) {
        Entry entry = entry(name);
        long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
        return new Tensor(entry.dtype(), shape, Arrays.copyOfRange(blob, entry.begin(), entry.end()));
    }

    /** @throws IllegalArgumentException when there is no such tensor */
    Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no tensor " + name + " among " + entries.keySet());
        }
        return entry;
    }
}
