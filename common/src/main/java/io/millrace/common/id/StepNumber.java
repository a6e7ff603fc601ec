package io.millrace.common.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The number of a batch handed to the trainer, within a lineage; 0 is the first.
 *
 * @param value 0 or more
 */
public record StepNumber(@JsonValue long value) implements Comparable<StepNumber> {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public StepNumber {
        if (value < 0) {
            throw new IllegalArgumentException("step must be 0 or more, was " + value);
        }
    }

    /** The one after this. */
    public StepNumber next() {
        return new StepNumber(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(StepNumber other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
