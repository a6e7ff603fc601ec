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

    /** Some results of short answers, or many receipts; a larger result goes alone, in memory of its own. */
    private static final int BATCH_BYTES = 256 << 10;

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
     * waits for the broker. Nothing lingers: a record goes at once while the broker keeps up, and else shares a batch with
     * those that wait as it does.
     *
     * @param passedThrough what the user has set
     */
    public Map<String, Object> producerProperties(Map<String, String> passedThrough) {
        int limitMs = Math.toIntExact(publishTimeout.toMillis());
        Map<String, Object> properties = new HashMap<>();
        properties.put("delivery.timeout.ms", limitMs);
        properties.put("max.block.ms", limitMs);
        if (limitMs < REQUEST_LIMIT_MS) {
            // The client refuses to wait longer for one answer than for delivery.
            properties.put("request.timeout.ms", limitMs);
        }
        Map.of("linger.ms", 0, "batch.size", BATCH_BYTES).forEach((name, value) -> {
            if (!passedThrough.containsKey(name)) {
                properties.put(name, value);
            }
        });
        return properties;
    }
}
