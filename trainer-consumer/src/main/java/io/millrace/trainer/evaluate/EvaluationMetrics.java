package io.millrace.trainer.evaluate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.DataSetReport;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is counted of evaluations, and the newest report of each data set. Thread-safe. */
final class EvaluationMetrics {
    private final MeterRegistry registry;
    private final Map<String, DataSetReport> newest = new ConcurrentHashMap<>();

    EvaluationMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    private Counter ends(String end) {
        return Counter.builder("millrace.trainer.evaluations")
                .description("Evaluations by how they ended, since the process began")
                .tag("end", end)
                .register(registry);
    }

    /** @param live whether it happened just now, and is no history */
    void reported(EvalRecord.Report report, boolean live) {
        if (live) {
            ends(report.complete() ? "done" : "expired").increment();
        }
        report.dataSets().forEach(dataSet -> {
            if (newest.put(dataSet.name(), dataSet) == null) {
                gauges(dataSet.name());
            }
        });
    }

    private void gauges(String dataSet) {
        Gauge.builder("millrace.trainer.evaluation.reward", () -> reward(dataSet))
                .description("Mean reward of the newest evaluation")
                .tag("data.set", dataSet)
                .register(registry);
        Gauge.builder("millrace.trainer.evaluation.pass.at.1", () -> passAtOne(dataSet))
                .description("Share of samples that pass in the newest evaluation")
                .tag("data.set", dataSet)
                .register(registry);
    }

    private double reward(String dataSet) {
        DataSetReport report = newest.get(dataSet);
        return report == null || report.meanReward() == null ? Double.NaN : report.meanReward();
    }

    private double passAtOne(String dataSet) {
        DataSetReport report = newest.get(dataSet);
        return report == null ? Double.NaN : report.passAt().getOrDefault(1, Double.NaN);
    }

    void failed() {
        ends("failed").increment();
    }

    void cancelled() {
        ends("cancelled").increment();
    }

    void leftOut() {
        ends("left-out").increment();
    }

    void late() {
        Counter.builder("millrace.trainer.evaluation.results.late")
                .description("Results of evaluations whose group or evaluation had ended")
                .register(registry)
                .increment();
    }

    void skipped() {
        Counter.builder("millrace.trainer.evaluation.records.bad")
                .description("Records on topics of evaluations that are not ours, skipped")
                .register(registry)
                .increment();
    }
}
