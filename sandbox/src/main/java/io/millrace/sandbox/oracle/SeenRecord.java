package io.millrace.sandbox.oracle;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record as it stands on a topic.
 *
 * @param topic without the run's prefix
 * @param headers as text
 */
record SeenRecord(
        String topic,
        int partition,
        long offset,
        @Nullable String key,
        Map<String, String> headers,
        byte @Nullable [] value) {
    String position() {
        return topic + "-" + partition + "@" + offset;
    }
}
