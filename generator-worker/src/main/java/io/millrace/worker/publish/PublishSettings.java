package io.millrace.worker.publish;

import io.millrace.common.config.ByteSize;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.time.Duration;

/** How results and statuses are published. */
public record PublishSettings(
        @Setting(
                name = "group-size-max",
                defaultValue = "256MiB",
                min = "64KiB",
                max = "1GiB",
                help = "Largest group; a larger one fails its attempt")
        ByteSize groupSizeMax,

        @Setting(
                name = "status-interval",
                defaultValue = "2s",
                min = "100ms",
                max = "1m",
                help = "How often the status record is published")
        Duration statusInterval,

        @Setting(
                name = "status-timeout",
                defaultValue = "6s",
                min = "200ms",
                max = "10m",
                help = "How long after the last status that the broker took groups are still claimed; above"
                        + " --status-interval, and below the producer's --worker-timeout, after which the worker counts as"
                        + " lost")
        Duration statusTimeout,

        @Setting(
                name = "publish-timeout",
                defaultValue = "10m",
                min = "1s",
                max = "24h",
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
