package io.millrace.sandbox.oracle.account;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record as it stands on a topic.
 *
 * @param topic without the run's prefix
 * @param timestampMs of the record
 * @param headers as text
 */
public record SeenRecord(
        String topic,
        int partition,
        long offset,
        long timestampMs,
        @Nullable String key,
        Map<String, String> headers,
        byte @Nullable [] value) {
    /** Header of records that the run itself wrote as an enemy would; they mean nothing. */
    public static final String HOSTILE = "chaos-hostile";

    boolean hostile() {
        return headers.containsKey(HOSTILE);
    }

    String position() {
        return topic + "-" + partition + "@" + offset;
    }
}
