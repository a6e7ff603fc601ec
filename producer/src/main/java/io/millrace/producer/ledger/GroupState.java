package io.millrace.producer.ledger;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.WorkerIncarnation;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
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
        FAILED;

        /** Whether a group of this kind may become the other; a move to the same kind changes only its details. */
        public boolean mayBecome(Kind next) {
            return next(this).contains(next);
        }

        private static Set<Kind> next(Kind kind) {
            return switch (kind) {
                case ANNOUNCED, QUEUED -> EnumSet.of(QUEUED, IN_FLIGHT, FINISHED, FAILED);
                case IN_FLIGHT -> EnumSet.of(IN_FLIGHT, FINISHED, FAILED);
                // A result that the trainer consumer rejects is a failed attempt.
                case FINISHED -> EnumSet.of(FINISHED, FAILED);
                // A success of any attempt finishes the group, also after a failure of another.
                case FAILED -> EnumSet.of(FAILED, FINISHED);
            };
        }
    }

    Kind kind();

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
    record Announced() implements GroupState {
        @Override
        public Kind kind() {
            return Kind.ANNOUNCED;
        }
    }

    /** Published, and nobody is known to have taken it. */
    record Queued() implements GroupState {
        @Override
        public Kind kind() {
            return Kind.QUEUED;
        }
    }

    /**
     * Taken from the queue.
     *
     * @param worker who holds it by its own word; null while no worker says so
     * @param sinceMs when the ledger learnt that, by its own clock
     */
    record InFlight(@Nullable WorkerIncarnation worker, long sinceMs) implements GroupState {
        @Override
        public Kind kind() {
            return Kind.IN_FLIGHT;
        }
    }

    /** A result stands in the results topic, and is not rejected. */
    record Finished(Attempt attempt) implements GroupState {
        @Override
        public Kind kind() {
            return Kind.FINISHED;
        }
    }

    /** The latest attempt failed, and none succeeded. */
    record Failed(List<FailedAttempt> attempts) implements GroupState {
        public Failed {
            attempts = List.copyOf(attempts);
            if (attempts.isEmpty()) {
                throw new IllegalArgumentException("a failed group has at least one failed attempt");
            }
        }

        @Override
        public Kind kind() {
            return Kind.FAILED;
        }
    }

    /** @param cause for people, at most {@link Group#CAUSE_CHARS_MAX} characters */
    record FailedAttempt(Attempt attempt, String cause) {}
}
