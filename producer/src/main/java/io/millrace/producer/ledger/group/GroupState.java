package io.millrace.producer.ledger.group;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.AttemptHistory;
import org.jspecify.annotations.Nullable;

/** Where an unsettled group is. A settled group has no state: it is no longer held. */
public sealed interface GroupState {
    /** The states' names, with the moves each allows. */
    enum Kind {
        /** Named by another topic before its publication was read; counts as nothing. */
        ANNOUNCED,
        QUEUED,
        IN_FLIGHT,
        FINISHED,
        /** The latest attempt ended without a result; the next is about to be issued, or the group to be given up. */
        FAILED,
        /** Its attempts are used up and its marker stands in the results; the trainer consumer will settle it. */
        ABANDONING;

        /**
         * Whether a group of this kind may become the other. Topics tell facts in any order, and a result or a marker that
         * was told of may turn out to be rejected or missing, so any kind may follow any other; only what was published
         * stays so.
         */
        public boolean mayBecome(Kind next) {
            return next != ANNOUNCED;
        }
    }

    default Kind kind() {
        return switch (this) {
            case Announced announced -> Kind.ANNOUNCED;
            case Queued queued -> Kind.QUEUED;
            case InFlight held -> Kind.IN_FLIGHT;
            case Finished finished -> Kind.FINISHED;
            case Failed failed -> Kind.FAILED;
            case Abandoning abandoning -> Kind.ABANDONING;
        };
    }

    /**
     * The move to the next state.
     *
     * @throws IllegalStateException when no group can move so: a bug of the ledger
     */
    default GroupState to(GroupState next) {
        if (!kind().mayBecome(next.kind())) {
            throw new IllegalStateException("a group cannot go from " + this + " to " + next);
        }
        return next;
    }

    /** See {@link Kind#ANNOUNCED}. */
    record Announced() implements GroupState {}

    /** Published, and nobody is known to have taken it. */
    record Queued() implements GroupState {}

    /**
     * Taken from the queue.
     *
     * @param worker who holds it by its own word; null while no worker says so
     * @param sinceMs when the ledger learnt that, by its own clock
     */
    record InFlight(@Nullable WorkerIncarnation worker, long sinceMs) implements GroupState {}

    /** A result stands in the results topic, and is not rejected. */
    record Finished(Attempt attempt) implements GroupState {}

    /**
     * The latest attempt ended without a result, and none succeeded.
     *
     * @param end how: failed, rejected, missing or handed back
     * @param cause for people
     */
    record Failed(Attempt attempt, AttemptHistory.Kind end, String cause) implements GroupState {}

    /** @param last the attempt with which it was given up */
    record Abandoning(Attempt last) implements GroupState {}
}
