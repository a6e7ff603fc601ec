package io.millrace.trainer.serve;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.Finished;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.gate.StalenessGate;
import io.millrace.trainer.gate.TasksOut;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the session knows of the groups that are out, and its choice of the next step. Owned by the loop; no client
 * inside.
 */
public final class StepChooser {
    private static final Logger log = LoggerFactory.getLogger(StepChooser.class);
    /** Why a group past the bound is discarded. */
    static final String STALE = "stale";

    private final StalenessGate gate;
    private final StepLedger ledger;
    private final Collector collector;
    private final TrainerMetrics metrics;
    private final TasksOut out = new TasksOut();
    private final StalenessFigures figures = new StalenessFigures();
    private final LengthFigures lengths = new LengthFigures();

    public StepChooser(StalenessGate gate, StepLedger ledger, Collector collector, TrainerMetrics metrics) {
        this.gate = gate;
        this.ledger = ledger;
        this.collector = collector;
        this.metrics = metrics;
    }

    /** A record of a prompts lane; what is no task is for the workers to report. */
    void task(ConsumerRecord<byte[], byte[]> record) {
        try {
            TrainingTask task = record.value() == null ? null : ControlCodec.decode(record.value(), TrainingTask.class);
            if (task != null) {
                issued(task);
            }
        } catch (BadRecordException e) {
            log.debug("no task at {} offset {}", record.topic(), record.offset(), e);
        }
    }

    /** A task stands on a lane. */
    public void issued(TrainingTask task) {
        if (!ledger.isSettled(task.groupIndex())) {
            out.issued(task);
        }
    }

    /**
     * Ends finished groups that are past the bound: discarded, or taken back where a newer attempt of the group is out,
     * of which nothing has come yet. Such a result is a late duplicate of one that is still to come; rejected, so that
     * the producer counts on the newer attempt and issues the group again should that fail.
     *
     * @return the records, to be written before anything else is decided
     */
    public List<ControlRecord> discardStale() {
        WeightVersion version = ledger.policy().weightVersion();
        List<ControlRecord> records = new ArrayList<>();
        for (Finished group : gate.stale(collector.finished(), version)) {
            Attempt newest = out.newestAttempt(group.groupIndex());
            if (newest != null && newest.compareTo(group.attempt()) > 0 && collector.isAlone(group)) {
                records.add(late(group, newest));
                continue;
            }
            collector.settled(group.groupIndex());
            records.add(ledger.discard(group.groupIndex(), group.attempt(), STALE));
            metrics.discarded(STALE);
            log.warn(
                    "group {} is discarded: its tokens are of weight versions {} to {}, the trainer has {}",
                    group.groupIndex(),
                    group.oldestVersion(),
                    group.newestVersion(),
                    version);
        }
        return records;
    }

    private StepRecord.Rejection late(Finished group, Attempt newest) {
        collector.takeBack(group);
        metrics.late();
        String reason = "late: its tokens are of weight versions " + group.oldestVersion() + " to "
                + group.newestVersion() + ", the trainer has "
                + ledger.policy().weightVersion() + ", and attempt " + newest + " is out";
        log.warn("the result of group {} attempt {} is taken back: {}", group.groupIndex(), group.attempt(), reason);
        return ledger.reject(
                group.groupIndex(),
                group.attempt(),
                group.partition(),
                group.offsets().getLast(),
                reason);
    }

    /** The next step's groups, or what it waits for. */
    public BatchChoice choose() {
        out.forget(ledger::isSettled);
        return gate.choose(new StalenessGate.Standing(
                collector.finished(),
                out,
                ledger,
                ledger.totals().lowWaterMark(),
                ledger.policy().weightVersion(),
                ledger.stepsInVersion()));
    }

    /** Tokens of older versions than this are masked in a step that is leased now; null when none are. */
    public @Nullable WeightVersion maskBelow() {
        return gate.maskBelow(ledger.policy().weightVersion());
    }

    /** A step of these groups is handed over. */
    void leased(StepRecord.Lease lease, List<Finished> groups) {
        WeightVersion version = lease.weightVersion();
        for (Finished group : groups) {
            WeightVersion oldest = StalenessFigures.unmasked(group.oldestVersion(), lease.maskBelow());
            figures.add(version, oldest, group.newestVersion());
            metrics.staleness(version, oldest, group.newestVersion());
            lengths.trained(group.responseTokens());
        }
    }

    /** A group has finished, whatever becomes of it. */
    void generated(Finished group) {
        lengths.generated(group.responseTokens());
    }

    /** Of the groups handed over in this session. */
    StalenessFigures.Snapshot staleness() {
        return figures.snapshot();
    }

    LengthFigures lengths() {
        return lengths;
    }
}
