package io.millrace.common.metrics;

import io.millrace.common.config.Setting;

/** What a process serves of metrics beside its own. */
public record MetricsSettings(
        @Setting(
                defaultValue = "false",
                help = "Serve the Kafka clients' own metrics at /metrics too, some hundred series a client")
        boolean kafkaMetrics) {
    /** Our own alone. */
    public static final MetricsSettings DEFAULTS = new MetricsSettings(false);
}
