package io.millrace.common.metrics.catalogue;

import static io.millrace.common.metrics.catalogue.Declared.counts;

/** What more than one kind of process serves. */
public enum ProcessMetric implements OwnMetric {
    DELETIONS_FAILED(counts(
            "deletions.failed",
            "Deletions of records that the broker did not do, by topic: its disk fills (producer, trainer consumer)",
            "topic")),
    ENGINE_REJECTED_REQUESTS(
            counts("engine.rejected.requests", "Requests that the stand-in engine turned away", "model_name"));

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable values
    private final MetricSpec spec;

    ProcessMetric(MetricSpec spec) {
        this.spec = spec;
    }

    @Override
    public MetricSpec spec() {
        return spec;
    }
}
