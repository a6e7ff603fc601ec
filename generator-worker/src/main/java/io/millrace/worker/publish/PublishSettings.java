package io.millrace.worker.publish;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.units.ByteSize;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** How results and statuses are published. */
public record PublishSettings(
        @Setting(
                defaultValue = "256MiB",
                range = "64KiB to 1GiB",
                help = "Largest group; a larger one fails its attempt")
        ByteSize groupSizeMax,

        @Setting(defaultValue = "2s", range = "100ms to 1m", help = "How often the status record is published")
        Duration statusInterval,

        @Setting(
                defaultValue = "6s",
                range = "200ms to 10m",
                help = "How long after the last status that the broker took groups are still claimed; above"
                        + " --status-interval, and below the producer's --worker-timeout, after which the worker counts as"
                        + " lost")
        Duration statusTimeout,

        @Setting(
                defaultValue = "10m",
                range = "1s to 24h",
                help = "How long a record may wait for the broker before the worker gives up and ends")
        Duration publishTimeout) {
    /** The client's own. */
    private static final int REQUEST_LIMIT_MS = 30_000;

    private static final int LINGER_MS = 5;

    public PublishSettings {
        if (statusTimeout.compareTo(statusInterval) <= 0) {
            throw SettingException.impossible(
                    "--status-timeout",
                    "must be above --status-interval (" + statusInterval.toMillis()
                            + " ms), or claiming stops between any two statuses");
        }
    }

    /**
     * Properties of the producer of results and receipts. A send waits as long for room and topic metadata as a record
     * waits for the broker. A result fills a batch and goes out at once; receipts, of which nobody waits for a single one,
     * gather for a moment, since a request costs the broker more than they do.
     *
     * @param passedThrough what the user has set
     */
    public Map<String, Object> producerProperties(Map<String, String> passedThrough) {
        int limitMs = Math.toIntExact(publishTimeout.toMillis());
        int lingerMs = Math.min(LINGER_MS, limitMs / 10);
        Map<String, Object> properties = new HashMap<>();
        properties.put("delivery.timeout.ms", limitMs);
        properties.put("max.block.ms", limitMs);
        if (limitMs < REQUEST_LIMIT_MS + lingerMs) {
            // The client refuses to wait longer for one answer than for delivery.
            properties.put("request.timeout.ms", limitMs - lingerMs);
        }
        if (!passedThrough.containsKey("linger.ms")) {
            properties.put("linger.ms", lingerMs);
        }
        return properties;
    }
}
