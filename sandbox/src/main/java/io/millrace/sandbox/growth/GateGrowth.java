package io.millrace.sandbox.growth;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.wire.PackedGroup;
import io.millrace.sandbox.growth.record.Records;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.decide.StepChooser;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.BatchOrder;
import io.millrace.trainer.gate.OnStale;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;

/** What the trainer consumer's choice of a step costs while so many groups have finished, or are still out. */
final class GateGrowth {
    private static final int BATCH = 128;
    private static final int BOUND = 1_000_000;
    private static final Capacity CAPACITY = new Capacity(BATCH, 1, 1);

    private final StepLedger ledger = new StepLedger(CAPACITY);
    private final Collector collector = new Collector(ledger, 0, null);
    private final StepChooser chooser = new StepChooser(
            new StalenessGate(BOUND, OnStale.WAIT, BatchOrder.OLDEST_FIRST, false, CAPACITY), ledger, collector);
    private final PackedGroup content;
    private long issued;
    private long arrived;
    private long leases;

    private GateGrowth(PackedGroup content) {
        this.content = content;
    }

    static List<Figure> of(long groups, PackedGroup content, Stopwatch watch) {
        List<Figure> figures = new ArrayList<>();
        GateGrowth finished = new GateGrowth(content);
        while (finished.issued < groups) {
            finished.finish(finished.issue());
        }
        figures.add(new Figure("gate", "a turn that chooses a step of " + BATCH, groups, finished.turn(watch), "us"));
        figures.add(new Figure("gate", "a group's way: 5 events", groups, finished.way(watch), "us"));
        GateGrowth out = new GateGrowth(content);
        while (out.issued < groups) {
            out.issue();
        }
        for (long index = 0; index < 2 * BATCH; index++) {
            out.finish(index);
        }
        figures.add(new Figure(
                "gate",
                "a turn that chooses a step of " + BATCH + ", groups still out",
                groups,
                out.turn(watch),
                "us"));
        return figures;
    }

    private WeightVersion version() {
        return ledger.policy().weightVersion();
    }

    private long issue() {
        chooser.issued(Records.task(issued, new Attempt(1), 8, version(), null));
        return issued++;
    }

    private void finish(long index) {
        FinishedGroup group = new FinishedGroup(
                new GroupIndex(index),
                new Attempt(1),
                new Lineage(0),
                version(),
                version(),
                new RewardStats(0, 0),
                0,
                List.of(arrived),
                arrived,
                8,
                8);
        arrived++;
        collector.accept(new ResultEvent.Result(group, content, 1));
    }

    private BatchChoice.Ready choose() {
        if (!chooser.discardStale().records().isEmpty() || !(chooser.choose() instanceof BatchChoice.Ready ready)) {
            throw new IllegalStateException("a step is ready, and nothing is stale");
        }
        return ready;
    }

    private double turn(Stopwatch watch) {
        return watch.microseconds(100, this::choose);
    }

    /** Issued, finished, chosen, leased, trained; what is chosen is replaced. */
    private double way(Stopwatch watch) {
        return watch.microseconds(100, () -> {
                    BatchChoice.Ready ready = choose();
                    StepRecord.Lease lease = ledger.lease(
                            ledger.nextStep(),
                            ready.groups().stream()
                                    .map(FinishedGroup::manifestEntry)
                                    .toList(),
                            null,
                            Records.leaseId(leases++),
                            0);
                    if (!(ledger.acknowledge(
                                    lease.token(), ledger.policy().word().next(), null, 0)
                            instanceof AckDecision.Acknowledged done)) {
                        throw new IllegalStateException("the acknowledgement is refused");
                    }
                    done.groups().forEach(collector::settled);
                    for (int i = 0; i < BATCH; i++) {
                        finish(issue());
                    }
                })
                / BATCH;
    }
}
