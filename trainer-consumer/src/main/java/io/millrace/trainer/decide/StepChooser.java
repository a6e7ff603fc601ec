package io.millrace.trainer.decide;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.gate.TasksOut;
import io.millrace.trainer.steps.StepLedger;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the groups that are out, and the choice of the next step. Ledger and collector know each decision at
 * once; who calls makes it durable before anything of it is told. Not thread-safe.
 */
public final class StepChooser {
    /** Why a group past the bound is discarded. */
    public static final String STALE = "stale";

    private final StalenessGate gate;
    private final StepLedger ledger;
    private final Collector collector;
    private final TasksOut out = new TasksOut();

    public StepChooser(StalenessGate gate, StepLedger ledger, Collector collector) {
        this.gate = gate;
        this.ledger = ledger;
        this.collector = collector;
        collector.finishedGroups().onChange(index -> out.finished(index, collector.finished(index) != null));
        ledger.onSettled(out::settled);
    }

    /** A task stands on a prompts lane. */
    public void issued(TrainingTask task) {
        if (!ledger.isSettled(task.groupIndex())) {
            out.issued(task, collector.finished(task.groupIndex()) != null);
        }
    }

    /**
     * Ends finished groups that are past the bound: discarded, or taken back where a newer attempt of the group is out,
     * of which nothing has come yet. Such a result is a late duplicate of one that is still to come; rejected, so that
     * the producer counts on the newer attempt and issues the group again should that fail.
     */
    public Decisions discardStale() {
        WeightVersion version = ledger.policy().weightVersion();
        Decisions.Collecting decisions = new Decisions.Collecting();
        for (FinishedGroup group :
                gate.stale(collector.finishedGroups(), ledger.openLeases().groups(), version)) {
            Attempt newest = out.newestAttempt(group.groupIndex());
            if (newest != null && newest.compareTo(group.attempt()) > 0 && collector.isAlone(group)) {
                takeBack(group, newest, decisions);
                continue;
            }
            collector.settled(group.groupIndex());
            decisions.record(ledger.discard(group.groupIndex(), group.attempt(), STALE));
            decisions.outcome(new Outcome.GroupDiscarded(group, STALE, versions(group)));
        }
        return decisions.take();
    }

    private String versions(FinishedGroup group) {
        return "its tokens are of weight versions " + group.oldestVersion() + " to " + group.newestVersion()
                + ", the trainer has " + ledger.policy().weightVersion();
    }

    private void takeBack(FinishedGroup group, Attempt newest, Decisions.Collecting decisions) {
        collector.takeBack(group);
        String reason = "late: " + versions(group) + ", and attempt " + newest + " is out";
        decisions.record(ledger.note(new StepRecord.Rejection(
                group.groupIndex(), group.attempt(), group.partition(), group.offset(), reason)));
        decisions.outcome(new Outcome.ResultTakenBack(group, reason));
    }

    /** The next step's groups, or what it waits for. */
    public BatchChoice choose() {
        return gate.choose(new StalenessGate.Standing(
                collector.finishedGroups(),
                out,
                ledger.openLeases().groups(),
                ledger,
                ledger.totals().lowWaterMark(),
                ledger.policy().weightVersion(),
                ledger.stepsTaken()));
    }

    /** Tokens of older versions than this are masked in a step that is leased now; null when none are. */
    public @Nullable WeightVersion maskBelow() {
        return gate.maskBelow(ledger.policy().weightVersion());
    }
}
