package io.millrace.trainer.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class EvaluationMetricsTest {
    private static final String REWARD = "millrace.trainer.evaluation.reward";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final EvaluationMetrics metrics = new EvaluationMetrics(registry);

    private int series() {
        return registry.find(REWARD).gauges().size();
    }

    @Test
    void onlyTheDataSetsReportedLastHaveGauges() {
        for (int i = 0; i < EvaluationMetrics.DATA_SETS_MAX; i++) {
            metrics.shown("set-" + i, 0.5, 0.25);
        }
        metrics.shown("set-0", 0.75, 0.25);
        assertEquals(EvaluationMetrics.DATA_SETS_MAX, series());

        for (int i = 0; i < 10; i++) {
            metrics.shown("new-" + i, 1, 1);
        }
        assertEquals(EvaluationMetrics.DATA_SETS_MAX, series());
        assertNull(registry.find(REWARD).tag("data.set", "set-1").gauge(), "the oldest has gone");
        var kept = registry.find(REWARD).tag("data.set", "set-0").gauge();
        assertNotNull(kept, "it was reported again");
        assertEquals(0.75, kept.value());
        assertEquals(
                1,
                registry.get("millrace.trainer.evaluation.pass.at.1")
                        .tag("data.set", "new-9")
                        .gauge()
                        .value());
    }
}
