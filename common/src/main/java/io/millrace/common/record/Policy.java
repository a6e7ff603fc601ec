package io.millrace.common.record;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import java.util.Objects;

/**
 * The newest weights, on the compacted {@code policy} topic; written by the trainer consumer.
 *
 * @param trainedGroups groups trained in this lineage when this version became ready: admission counts from it
 * @param sinceMs wall clock when this state began
 */
public record Policy(Lineage lineage, WeightVersion weightVersion, long trainedGroups, State state, long sinceMs)
        implements ControlRecord {
    /** The topic's only key. */
    public static final String KEY = "policy";

    /** Whether engines serve this version. */
    public enum State {
        READY,
        UPDATING,
        PAUSED
    }

    public Policy {
        Objects.requireNonNull(lineage, "lineage");
        Objects.requireNonNull(weightVersion, "weight_version");
        Objects.requireNonNull(state, "state");
        if (trainedGroups < 0) {
            throw new IllegalArgumentException("trained_groups must be 0 or more, was " + trainedGroups);
        }
    }

    /** Before any training. */
    public static Policy initial() {
        return new Policy(new Lineage(0), new WeightVersion(0), 0, State.READY, 0);
    }
}
