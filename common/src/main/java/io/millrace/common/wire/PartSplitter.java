package io.millrace.common.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cuts blobs that are too large for one record. Immutable, so safe for all threads. */
public final class PartSplitter {
    private final int recordValueBytesMax;
    private final int groupBytesMax;

    /** What to send. */
    public sealed interface Split {}

    /** The blob fits into one record. */
    public record Whole(byte[] blob) implements Split {}

    /**
     * The blob is to be sent in parts.
     *
     * @param parts two or more, in order
     */
    public record Parts(List<Part> parts) implements Split {
        public Parts {
            parts = List.copyOf(parts);
        }
    }

    /**
     * @param recordValueBytesMax the largest value of one record, 1 or more; leave room below the topic's
     *     {@code max.message.bytes} for key, headers and batch (1 KiB is plenty)
     * @param groupBytesMax the largest blob of a group, at least recordValueBytesMax
     */
    public PartSplitter(int recordValueBytesMax, int groupBytesMax) {
        if (recordValueBytesMax < 1) {
            throw new IllegalArgumentException("recordValueBytesMax must be 1 or more, was " + recordValueBytesMax);
        }
        if (groupBytesMax < recordValueBytesMax) {
            throw new IllegalArgumentException("groupBytesMax must be at least recordValueBytesMax ("
                    + recordValueBytesMax + "), was " + groupBytesMax);
        }
        this.recordValueBytesMax = recordValueBytesMax;
        this.groupBytesMax = groupBytesMax;
    }

    /** @throws GroupTooLargeException when the blob is above the group limit */
    public Split split(PartKey key, byte[] blob) {
        if (blob.length > groupBytesMax) {
            throw new GroupTooLargeException(key.groupIndex(), blob.length, groupBytesMax);
        }
        if (blob.length <= recordValueBytesMax) {
            return new Whole(blob);
        }
        int count = Math.ceilDiv(blob.length, recordValueBytesMax);
        int blobCrc32c = Part.crc32c(blob);
        List<Part> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int begin = i * recordValueBytesMax;
            int end = begin + Math.min(recordValueBytesMax, blob.length - begin);
            byte[] data = Arrays.copyOfRange(blob, begin, end);
            parts.add(new Part(key, i + 1, count, blobCrc32c, Part.crc32c(data), data));
        }
        return new Parts(parts);
    }
}
