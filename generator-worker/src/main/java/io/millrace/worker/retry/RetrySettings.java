package io.millrace.worker.retry;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.time.Duration;

/** How long and how often an engine is asked for the same thing. */
public record RetrySettings(
        @Setting(
                defaultValue = "1h",
                range = "100ms to 24h",
                help = "Limit of one whole exchange with an engine, body included")
        Duration requestTimeout,

        @Setting(
                defaultValue = "6",
                range = "1 to 1000 requests",
                help =
                        "Failed requests for one sample before its attempt fails; what cannot succeed is not repeated, and"
                                + " an engine that is away, starting or full is waited for instead while the task's time limit"
                                + " (--task-deadline of the producer; without one --request-timeout) lasts")
        int requestAttempts,

        @Setting(
                defaultValue = "250ms",
                range = "1ms to 10m",
                help = "Pause before the second request for a sample; doubles from then on, with jitter")
        Duration retryDelay,

        @Setting(
                defaultValue = "15s",
                range = "1ms to 10m",
                help = "Longest pause between requests for a sample, an engine's Retry-After included")
        Duration retryDelayMax) {
    public RetrySettings {
        if (retryDelayMax.compareTo(retryDelay) < 0) {
            throw SettingException.impossible(
                    "--retry-delay-max", "must not be below --retry-delay (" + retryDelay.toMillis() + " ms)");
        }
        if (requestTimeout.compareTo(retryDelay) < 0) {
            throw SettingException.impossible(
                    "--request-timeout",
                    "must not be below --retry-delay (" + retryDelay.toMillis()
                            + " ms): a deadline shorter than a retry gives up before it tries");
        }
    }
}
