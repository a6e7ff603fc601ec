package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * How often a group has been issued; 1 for the first time.
 *
 * @param value 1 or more
 */
public record Attempt(@JsonValue long value) implements Comparable<Attempt> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Attempt {
        if (value < 1) {
            throw new IllegalArgumentException("attempt must be 1 or more, was " + value);
        }
    }

    /** The one after this. */
    public Attempt next() {
        return new Attempt(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(Attempt other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
