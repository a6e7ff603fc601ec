package io.millrace.worker;

import io.millrace.common.config.Setting;
import java.time.Duration;

/** What a worker does with its groups when it is told to stop. */
public record StopSettings(
        @Setting(
                name = "stop-mode",
                defaultValue = "drain",
                help = "On SIGTERM: drain finishes claimed groups within --drain-timeout and gives the rest back,"
                        + " hand-back gives all unfinished groups back at once, for other workers")
        StopMode stopMode,

        @Setting(
                name = "drain-timeout",
                defaultValue = "2m",
                min = "0s",
                max = "24h",
                help = "On SIGTERM, how long claimed groups may take to finish before they are given back")
        Duration drainTimeout,

        @Setting(
                name = "keep-partials",
                defaultValue = "true",
                help =
                        "What is given back keeps what has been generated of it, for the worker that goes on with it; false"
                                + " begins anew")
        boolean keepPartials,

        @Setting(
                name = "hand-back-timeout",
                defaultValue = "10s",
                min = "1s",
                max = "10m",
                help =
                        "How long giving unfinished groups back may take: engines are asked for what they have generated,"
                                + " and it is written down")
        Duration handBackTimeout) {
    /** What becomes of claimed groups. */
    public enum StopMode {
        DRAIN,
        HAND_BACK
    }

    /** How long claimed groups may take to finish when the worker is told to stop. */
    Duration patience() {
        return stopMode == StopMode.HAND_BACK ? Duration.ZERO : drainTimeout;
    }
}
