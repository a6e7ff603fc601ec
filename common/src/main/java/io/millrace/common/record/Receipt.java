package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A worker's record of how one attempt ended. A result is durable before its receipt, a receipt before the group leaves
 * the worker's in-flight table. The producer writes one for each group that it gives up.
 *
 * @param attempt of a group given up: the number after that of its last attempt, and after that of an abandonment whose
 *     marker is missing
 * @param worker of a group given up: {@link #PRODUCER}
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
    /** Whose name stands in receipts of groups given up. */
    public static final WorkerIncarnation PRODUCER = new WorkerIncarnation("producer", "ledger");

    /** A group was given up, and its marker stands in {@code results}. */
    public static Receipt abandoned(GroupIndex group, Attempt number, int partition, long offset) {
        return new Receipt(group, number, PRODUCER, 0, 0, 0, 0, new Abandoned(partition, offset));
    }

    /** How it ended. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Success.class, name = "success"),
        @JsonSubTypes.Type(value = Failure.class, name = "failure"),
        @JsonSubTypes.Type(value = HandedBack.class, name = "handed_back"),
        @JsonSubTypes.Type(value = Abandoned.class, name = "abandoned")
    })
    public sealed interface Outcome {}

    /** Says where in {@code results} something stands; a log can lose it afterwards. */
    public sealed interface Claim extends Outcome {
        /** Of the results topic. */
        int partition();

        /** Of its records, in order; at least one. */
        List<Long> offsets();
    }

    /**
     * The group stands in {@code results}.
     *
     * @param partition of the results topic
     * @param offsets of its records, in order; more than one when the group was split into parts
     */
    public record Success(int partition, List<Long> offsets, RewardStats rewards) implements Claim {
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
    public record Failure(String kind, String message) implements Outcome {}

    /**
     * The worker gave the group back unfinished, for another worker; counts neither as a failure nor as a loss.
     *
     * @param reason for people, such as {@code the worker stops}
     * @param partial what has been generated of it, durable before this receipt; null when that is nothing
     */
    public record HandedBack(String reason, @Nullable PartialRef partial) implements Outcome {}

    /**
     * The producer has given the group up; written in one transaction with the {@link AbandonedMarker}.
     *
     * @param partition of the results topic
     * @param offset of the marker
     */
    public record Abandoned(int partition, long offset) implements Claim {
        public Abandoned {
            if (partition < 0 || offset < 0) {
                throw new IllegalArgumentException("a marker stands at a partition and an offset of 0 or more");
            }
        }

        @Override
        public List<Long> offsets() {
            return List.of(offset);
        }
    }
}
