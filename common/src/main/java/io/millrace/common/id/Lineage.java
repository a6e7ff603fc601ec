package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A numbered stretch of training; resuming from an older checkpoint opens the next.
 *
 * @param value 0 or more
 */
public record Lineage(@JsonValue long value) implements Comparable<Lineage> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Lineage {
        if (value < 0) {
            throw new IllegalArgumentException("lineage must be 0 or more, was " + value);
        }
    }

    /** The one after this. */
    public Lineage next() {
        return new Lineage(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(Lineage other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
