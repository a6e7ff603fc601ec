package io.millrace.common.metrics;

import io.millrace.common.config.Setting;
import io.millrace.common.trace.TraceSettings;

/** What a process tells of itself beside its own metrics. */
public record MetricsSettings(
        @Setting(
                defaultValue = "false",
                help = "Serve the Kafka clients' own metrics at /metrics too, some hundred series a client")
        boolean kafkaMetrics,

        TraceSettings traces) {
    /** Our own metrics alone, and no traces. */
    public static final MetricsSettings DEFAULTS = new MetricsSettings(false);

    /** Without traces. */
    public MetricsSettings(boolean kafkaMetrics) {
        this(kafkaMetrics, TraceSettings.NONE);
    }
}
