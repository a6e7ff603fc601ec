package io.millrace.trainer.evaluate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.catalogue.TrainerMetric;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.DataSetReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** What is counted of evaluations, and the newest report of each data set. Thread-safe. */
final class EvaluationMetrics {
    /** Names come with requests; more than that nobody looks at, and each is two series of the monitoring. */
    static final int DATA_SETS_MAX = 256;

    /** A data set's figures, and the gauges that read them. */
    private record Shown(Figure reward, Figure passAtOne, List<Gauge> gauges) {
        static Shown register(MeterRegistry registry, String dataSet) {
            Figure reward = new Figure();
            Figure passAtOne = new Figure();
            return new Shown(
                    reward,
                    passAtOne,
                    List.of(
                            TrainerMetric.EVALUATION_REWARD.gauge(registry, reward::get, dataSet),
                            TrainerMetric.EVALUATION_PASS_AT_1.gauge(registry, passAtOne::get, dataSet)));
        }
    }

    /** Written by the evaluations' thread, read by scrapes. */
    private static final class Figure {
        private volatile double value = Double.NaN;

        double get() {
            return value;
        }

        void set(double now) {
            value = now;
        }
    }

    private final MeterRegistry registry;
    /** In order of their newest reports. */
    private final SequencedMap<String, Shown> newest = new LinkedHashMap<>();

    EvaluationMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    private Counter ends(String end) {
        return TrainerMetric.EVALUATIONS.counter(registry, end);
    }

    /** @param live whether it happened just now, and is no history */
    void reported(EvalRecord.Report report, boolean live) {
        if (live) {
            ends(report.complete() ? "done" : "expired").increment();
        }
        for (DataSetReport dataSet : report.dataSets()) {
            Double reward = dataSet.meanReward();
            shown(
                    dataSet.name(),
                    reward == null ? Double.NaN : reward,
                    dataSet.passAt().getOrDefault(1, Double.NaN));
        }
    }

    /** The newest figures of a data set; with one too many, those of the set that was reported longest ago go. */
    synchronized void shown(String dataSet, double reward, double passAtOne) {
        Shown known = newest.remove(dataSet);
        Shown now = known == null ? Shown.register(registry, dataSet) : known;
        now.reward().set(reward);
        now.passAtOne().set(passAtOne);
        newest.putLast(dataSet, now);
        if (newest.size() > DATA_SETS_MAX) {
            newest.pollFirstEntry().getValue().gauges().forEach(registry::remove);
        }
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

    void missing(int results) {
        TrainerMetric.EVALUATION_RESULTS_MISSING.counter(registry).increment(results);
    }

    void unfollowed(long receipts) {
        TrainerMetric.EVALUATION_RECEIPTS_UNFOLLOWED.counter(registry).increment((double) receipts);
    }

    void late() {
        TrainerMetric.EVALUATION_RESULTS_LATE.counter(registry).increment();
    }

    void skipped() {
        TrainerMetric.EVALUATION_RECORDS_BAD.counter(registry).increment();
    }
}
