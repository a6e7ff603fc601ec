package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.wire.PackedGroup;

/** What came off the {@code results} topic, after its own checks. */
public sealed interface ResultEvent {
    /** Partition of the results topic. */
    int partition();

    /** Offset of the record, the last one for a group that came in parts. */
    long offset();

    /**
     * A whole and valid group.
     *
     * @param content read and checked, once for all that becomes of it
     * @param bytes of its blob on the topic, which is what it takes in memory
     */
    record Result(FinishedGroup group, PackedGroup content, long bytes) implements ResultEvent {
        @Override
        public int partition() {
            return group.partition();
        }

        @Override
        public long offset() {
            return group.offset();
        }
    }

    /**
     * The last part, by number, of a group of which something won before; the others come to nothing.
     */
    record PartsRepeated(GroupIndex groupIndex, Attempt attempt, int partition, long offset) implements ResultEvent {}

    /** Another part of such a group: nothing becomes of it, and it is not counted. */
    record PartPassed(GroupIndex groupIndex, int partition, long offset) implements ResultEvent {}

    /** The producer's word that the group used up its attempts. */
    record Marker(GroupIndex groupIndex, Attempt lastAttempt, String cause, int partition, long offset)
            implements ResultEvent {}

    /** A result that names its group and attempt and cannot be used. */
    record Invalid(GroupIndex groupIndex, Attempt attempt, int partition, long offset, Flaw flaw, String reason)
            implements ResultEvent {}

    /** Bytes that name no group: nobody can be told, so they are counted. */
    record Unreadable(int partition, long offset, Problem problem, String detail) implements ResultEvent {}

    /** Why a result cannot be used; a word of metrics. */
    enum Flaw {
        /** It belongs to another run. */
        RUN,
        /** It stands under another key. */
        KEY,
        /** It stands in another partition. */
        PARTITION,
        /** It has another number of samples. */
        SAMPLES,
        /** Its bytes cannot be decoded. */
        BLOB,
        /** One of its parts is damaged, or they never became whole. */
        PART,
        /** It has tokens of weights that the run does not know of. */
        AHEAD
    }

    /** Why a record names no group; a word of metrics. */
    enum Problem {
        /** The type header is absent or has an unknown word. */
        TYPE,
        /** The key is no group index, and nothing else names a group. */
        KEY,
        /** The value cannot be decoded, and no header names the attempt. */
        VALUE,
        /** A marker under the key or in the partition of another group. */
        PLACE
    }
}
