package io.millrace.common.http;

import io.millrace.common.config.Setting;
import java.time.Duration;

/**
 * Where a process serves its operations endpoints.
 *
 * @param readyTimeout see {@link io.millrace.common.lifecycle.Health}; a healthy loop reports every second, so that a
 *     shorter one would call it silent
 */
public record OpsSettings(
        @Setting(
                defaultValue = "127.0.0.1",
                help = "Address that metrics, health and status are served on; 0.0.0.0 in a container")
        String opsHost,

        @Setting(
                defaultValue = "0",
                range = "0 to 65535",
                help = "Port of metrics, health and status; 0 takes a free one and logs it")
        int opsPort,

        @Setting(
                defaultValue = "30s",
                range = "2s to 1h",
                help =
                        "How long a process that cannot do its job, for want of the broker or of an engine, still answers"
                                + " 200 at /health/ready; waiting for work is no such thing")
        Duration readyTimeout,

        HttpDoorSettings door) {}
