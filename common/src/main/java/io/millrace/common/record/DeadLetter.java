package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

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
    record Group(TrainingTask task, String cause, AttemptHistory history) implements DeadLetter {}

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
        private static final int REASON_CHARS_MAX = 500;

        /**
         * @param reason cut where it is long
         * @param value of the record; null where it has none
         */
        public static Unreadable of(
                String topic, int partition, long offset, String reader, String reason, byte @Nullable [] value) {
            byte[] bytes = value == null ? new byte[0] : value;
            byte[] begin = Arrays.copyOf(bytes, Math.min(bytes.length, BEGIN_BYTES));
            return new Unreadable(
                    topic,
                    partition,
                    offset,
                    reader,
                    reason.length() <= REASON_CHARS_MAX ? reason : reason.substring(0, REASON_CHARS_MAX),
                    bytes.length,
                    Base64.getEncoder().encodeToString(begin));
        }

        /** Where the record stands: the letter's key. */
        public String key() {
            return topic + "-" + partition + "@" + offset;
        }
    }
}
