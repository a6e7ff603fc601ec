package io.millrace.worker;

import io.millrace.common.config.Setting;
import java.time.Duration;

/** What a worker does with its groups when it is told to stop. */
public record StopSettings(
        @Setting(
                defaultValue = "drain",
                help = "On SIGTERM: drain finishes claimed groups within --drain-timeout and gives the rest back,"
                        + " hand-back gives all unfinished groups back at once, for other workers")
        StopMode stopMode,

        @Setting(
                defaultValue = "2m",
                range = "0s to 24h",
                help = "On SIGTERM, how long claimed groups may take to finish before they are given back")
        Duration drainTimeout,

        @Setting(
                defaultValue = "true",
                help =
                        "What is given back keeps what has been generated of it, for the worker that goes on with it; false"
                                + " begins anew")
        boolean keepPartials,

        @Setting(
                defaultValue = "10s",
                range = "1s to 10m",
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
