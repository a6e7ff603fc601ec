package io.millrace.trainer.evaluate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
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
                            Gauge.builder("millrace.trainer.evaluation.reward", reward::get)
                                    .description("Mean reward of the newest evaluation")
                                    .tag("data.set", dataSet)
                                    .register(registry),
                            Gauge.builder("millrace.trainer.evaluation.pass.at.1", passAtOne::get)
                                    .description("Share of samples that pass in the newest evaluation")
                                    .tag("data.set", dataSet)
                                    .register(registry)));
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
        count("results.missing", "Results of evaluations that are not where a receipt says", results);
    }

    void unfollowed(long receipts) {
        count(
                "receipts.unfollowed",
                "Receipts of evaluations that are not followed, since too many groups have one",
                receipts);
    }

    void late() {
        count("results.late", "Results of evaluations whose group or evaluation had ended", 1);
    }

    void skipped() {
        count("records.bad", "Records on topics of evaluations that are not ours, skipped", 1);
    }

    private void count(String name, String description, long more) {
        Counter.builder("millrace.trainer.evaluation." + name)
                .description(description)
                .register(registry)
                .increment((double) more);
    }
}
