package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The trainer's count of weight updates, within a lineage.
 *
 * @param value 0 or more
 */
public record WeightVersion(@JsonValue long value) implements Comparable<WeightVersion> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public WeightVersion {
        if (value < 0) {
            throw new IllegalArgumentException("weight_version must be 0 or more, was " + value);
        }
    }

    /** The one after this. */
    public WeightVersion next() {
        return new WeightVersion(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(WeightVersion other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
