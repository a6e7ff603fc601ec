package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Objects;

/** What stands on {@code dead-letters}, for people: what was given up, and why. Nothing waits for anyone to read it. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = DeadLetter.Group.class, name = "group"),
    @JsonSubTypes.Type(value = DeadLetter.Unreadable.class, name = "unreadable")
})
public sealed interface DeadLetter extends ControlRecord {
    /**
     * A group whose attempts are used up; written in one transaction with its {@link AbandonedMarker}.
     *
     * @param task of the last attempt
     * @param history every attempt's end, the last one's too
     */
    record Group(TrainingTask task, String cause, AttemptHistory history) implements DeadLetter {
        public Group {
            Objects.requireNonNull(task, "task");
            Objects.requireNonNull(cause, "cause");
            Objects.requireNonNull(history, "history");
        }
    }

    /**
     * A record that is not ours: skipped by whoever should have read it. The same record may be written more than once;
     * topic, partition and offset say which it is.
     *
     * @param reader the process that skipped it, such as {@code trainer-consumer}
     * @param sizeBytes of the record's value
     * @param begin the value's first {@link #BEGIN_BYTES} bytes, Base64
     */
    record Unreadable(
            String topic, int partition, long offset, String reader, String reason, long sizeBytes, String begin)
            implements DeadLetter {
        public static final int BEGIN_BYTES = 1024;

        public Unreadable {
            Objects.requireNonNull(topic, "topic");
            Objects.requireNonNull(reader, "reader");
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(begin, "begin");
        }
    }
}
