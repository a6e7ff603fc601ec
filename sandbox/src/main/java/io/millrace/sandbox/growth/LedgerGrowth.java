package io.millrace.sandbox.growth;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.GroupKind;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.RecoveryLimits;
import io.millrace.producer.ledger.Reissues;
import io.millrace.sandbox.growth.record.Records;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the producer's ledger costs while so many groups are in flight at workers of ten groups each, and so many have
 * been settled.
 */
final class LedgerGrowth {
    private static final int HELD = 10;
    private static final int STEP = 100;
    private static final long TIMEOUT_MS = 10_000;

    private final long outstanding;
    private final Stopwatch watch;
    private final Ledger ledger = new Ledger(
            GroupKind.TRAINING,
            new Reissues(
                    new RecoveryLimits(3, 10, TIMEOUT_MS, Duration.ofHours(1).toMillis())));
    private final Liveness liveness = new Liveness(Duration.ofDays(1), Duration.ofDays(1));
    private long nowMs;
    private long published;
    private long settled;
    private long sequence;

    LedgerGrowth(long outstanding, Stopwatch watch) {
        this.outstanding = outstanding;
        this.watch = watch;
        liveness.sent(1, 0);
        liveness.readBack(1, 0);
        nowMs = 2 * TIMEOUT_MS;
    }

    /** Groups in flight at workers: cost of each event, of the question what is due, and memory. */
    static List<Figure> inFlight(long outstanding, Stopwatch watch) {
        long before = Stopwatch.heapBytes();
        LedgerGrowth ledger = new LedgerGrowth(outstanding, watch);
        ledger.fill();
        long bytes = Stopwatch.heapBytes() - before;
        List<Figure> figures = new ArrayList<>();
        figures.add(ledger.figure("a group's way: 5 events", ledger.way(), "us"));
        figures.add(ledger.figure("what is due, when nothing is", ledger.nothingDue(), "us"));
        figures.add(ledger.figure("a status of " + HELD + " groups", ledger.status(), "us"));
        figures.add(ledger.figure("what is due, when a worker is lost", ledger.workerLost(), "us"));
        figures.add(ledger.figure("heap for an unsettled group", (double) bytes / outstanding, "bytes"));
        return figures;
    }

    /** Memory after so many groups have been settled, a thousand being out at all times. */
    static List<Figure> afterSettling(long groups, Stopwatch watch) {
        LedgerGrowth ledger = new LedgerGrowth(1_000, watch);
        ledger.fill();
        long before = Stopwatch.heapBytes();
        while (ledger.settled < groups) {
            ledger.step();
        }
        return List.of(
                new Figure("ledger", "heap more than before", groups, Stopwatch.heapBytes() - before, "bytes"),
                new Figure("ledger", "a group's way: 5 events", groups, ledger.way(), "us"));
    }

    private Figure figure(String what, double value, String unit) {
        return new Figure("ledger", what, outstanding, value, unit);
    }

    private static WorkerIncarnation worker(long number) {
        return new WorkerIncarnation("worker-" + number, "a");
    }

    private void fill() {
        while (published < outstanding) {
            publish();
        }
        ledger.queueStart(Lane.TRAINING, published, nowMs);
        for (long worker = 0; worker * HELD < outstanding; worker++) {
            says(worker);
        }
    }

    private void publish() {
        ledger.published(
                Lane.TRAINING,
                Records.task(published, new Attempt(1), 8, new WeightVersion(0), null),
                published,
                nowMs);
        published++;
    }

    private void says(long worker) {
        long from = settled + worker * HELD;
        ledger.workerStatus(
                Records.status(worker(worker), ++sequence, 64, Records.held(from, Math.min(from + HELD, published))),
                nowMs);
    }

    /** A step's worth of groups is published, taken, finished, leased and trained. */
    private void step() {
        for (int i = 0; i < STEP; i++) {
            publish();
        }
        ledger.queueStart(Lane.TRAINING, published, nowMs);
        for (long index = settled; index < settled + STEP; index++) {
            ledger.receipt(
                    Records.success(new GroupIndex(index), new Attempt(1), worker(index % 100), 8, index),
                    index,
                    nowMs);
        }
        long step = settled / STEP;
        ledger.step(Records.lease(step, settled, settled + STEP));
        settled += STEP;
        ledger.step(Records.acknowledgement(step, settled));
        nowMs++;
    }

    private double way() {
        return watch.microseconds(200, this::step) / STEP;
    }

    private double nothingDue() {
        for (long worker = 0; worker * HELD < outstanding; worker++) {
            says(worker);
        }
        return watch.microseconds(50, () -> requireDue(0));
    }

    private double status() {
        return watch.microseconds(1_000, () -> says(sequence % (outstanding / HELD)));
    }

    /** All others go on saying what they hold; time for which is not counted. */
    private double workerLost() {
        nowMs += TIMEOUT_MS / 2;
        for (long worker = 1; worker * HELD < outstanding; worker++) {
            says(worker);
        }
        nowMs += TIMEOUT_MS / 2 + 1;
        return watch.microseconds(50, () -> requireDue(HELD));
    }

    private void requireDue(int groups) {
        int due = ledger.due(liveness, nowMs, 1_000).size();
        if (due != groups) {
            throw new IllegalStateException(due + " groups are due, not " + groups);
        }
    }
}
