package io.millrace.worker.publish;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.units.ByteSize;
import java.time.Duration;

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
    public PublishSettings {
        if (statusTimeout.compareTo(statusInterval) <= 0) {
            throw SettingException.impossible(
                    "--status-timeout",
                    "must be above --status-interval (" + statusInterval.toMillis()
                            + " ms), or claiming stops between any two statuses");
        }
    }
}
