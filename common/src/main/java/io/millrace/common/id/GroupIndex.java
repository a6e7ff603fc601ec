package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A number the producer gives each group once, rising, never reused; the key of the group's records.
 *
 * @param value 0 or more
 */
public record GroupIndex(@JsonValue long value) implements Comparable<GroupIndex> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public GroupIndex {
        if (value < 0) {
            throw new IllegalArgumentException("group_index must be 0 or more, was " + value);
        }
    }

    /**
     * The index of the i-th sample of this group, as slime numbers them: contiguous within a group, rising over groups.
     *
     * @param i position in the group, 0 to samplesPerGroup - 1
     * @param samplesPerGroup the group's number of samples
     */
    public long sampleIndex(int i, int samplesPerGroup) {
        if (i < 0 || i >= samplesPerGroup) {
            throw new IndexOutOfBoundsException("sample " + i + " of a group of " + samplesPerGroup);
        }
        return Math.addExact(Math.multiplyExact(value, (long) samplesPerGroup), i);
    }

    /** The one after this. */
    public GroupIndex next() {
        return new GroupIndex(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(GroupIndex other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
