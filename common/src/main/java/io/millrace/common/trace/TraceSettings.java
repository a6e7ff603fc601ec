package io.millrace.common.trace;

import io.millrace.common.config.HttpAddress;
import io.millrace.common.config.Setting;
import org.jspecify.annotations.Nullable;

/** Where traces go. */
public record TraceSettings(
        @Setting(
                help = "Where spans are sent, OTLP by HTTP: http://collector:4318; also OTEL_EXPORTER_OTLP_ENDPOINT; no"
                        + " traces when neither is set")
        @Nullable
        String otlpEndpoint,

        @Setting(
                defaultValue = "1",
                range = "0 to 1",
                help = "Share of the groups that are traced; the producer's is the one that counts")
        double traceShare) {
    /** No traces. */
    public static final TraceSettings NONE = new TraceSettings(null, 1);

    public TraceSettings {
        HttpAddress.require("--otlp-endpoint", otlpEndpoint);
    }
}
