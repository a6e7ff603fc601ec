package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A worker's record of how one attempt ended. A result is durable before its receipt, a receipt before the group leaves
 * the worker's in-flight table.
 *
 * @param samples how many samples the group has
 * @param promptTokens over all samples
 * @param responseTokens over all samples
 * @param durationMs from claim to publication
 */
public record Receipt(
        GroupIndex groupIndex,
        Attempt attempt,
        WorkerIncarnation worker,
        int samples,
        long promptTokens,
        long responseTokens,
        long durationMs,
        Outcome outcome)
        implements ControlRecord {
    public Receipt {
        Objects.requireNonNull(groupIndex, "group_index");
        Objects.requireNonNull(attempt, "attempt");
        Objects.requireNonNull(worker, "worker");
        Objects.requireNonNull(outcome, "outcome");
    }

    /** How it ended. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Success.class, name = "success"),
        @JsonSubTypes.Type(value = Failure.class, name = "failure"),
        @JsonSubTypes.Type(value = HandedBack.class, name = "handed_back")
    })
    public sealed interface Outcome {}

    /**
     * The group stands in {@code results}.
     *
     * @param partition of the results topic
     * @param offsets of its records, in order; more than one when the group was split into parts
     */
    public record Success(int partition, List<Long> offsets, RewardStats rewards) implements Outcome {
        public Success {
            offsets = List.copyOf(offsets);
            if (partition < 0 || offsets.isEmpty()) {
                throw new IllegalArgumentException("a success names its partition and at least one offset");
            }
        }
    }

    /**
     * The attempt failed and left no result.
     *
     * @param kind stable word for counting, such as {@code engine-rejected} or {@code deadline}
     * @param message what happened, for people
     */
    public record Failure(String kind, String message) implements Outcome {
        public Failure {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(message, "message");
        }
    }

    /**
     * The worker gave the group back unfinished, for another worker; counts neither as a failure nor as a loss.
     *
     * @param reason for people, such as {@code the worker stops}
     * @param partial what has been generated of it, durable before this receipt; null when that is nothing
     */
    public record HandedBack(String reason, @Nullable PartialRef partial) implements Outcome {
        public HandedBack {
            Objects.requireNonNull(reason, "reason");
        }

        /** With nothing generated. */
        public HandedBack(String reason) {
            this(reason, null);
        }
    }
}
