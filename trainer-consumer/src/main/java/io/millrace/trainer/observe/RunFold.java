package io.millrace.trainer.observe;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Folds the records of a run's topics into {@link RunView}. What it holds is bounded: {@link GroupTable}, {@link
 * WorkerTable}, {@link StepLog}, {@link RecentEnds} and {@link EvalTable} each have a limit. The topics may be read side by
 * side, in any order among each other, and from the newest snapshot on. Times are the broker's, of each record, and no
 * other clock is looked at. Not thread-safe.
 */
public final class RunFold {
    /** Groups that a view lists for one worker. */
    public static final int HELD_SHOWN_MAX = 8;

    /** Workers that a view lists. */
    public static final int WORKERS_SHOWN_MAX = 256;

    /** Groups in flight that a view lists. */
    public static final int SLOWEST_SHOWN_MAX = 20;

    final RunId run;
    final History history;
    final GroupTable training = new GroupTable();
    final GroupTable evaluation = new GroupTable();
    final WorkerTable workers = new WorkerTable();
    final StepLog steps = new StepLog();
    final RecentEnds ends = new RecentEnds();
    final EvalTable evals = new EvalTable();

    @Nullable
    RunRecord agreement;

    @Nullable
    Policy policy;

    @Nullable
    Long policyMs;

    long published;

    @Nullable
    Long lastPublishedMs;

    boolean caughtUp;
    long nowMs;

    @Nullable
    String told;

    @Nullable
    Long toldSinceMs;

    /** @param history outlives the fold: a run that is read again goes on with it */
    public RunFold(RunId run, History history) {
        this.run = run;
        this.history = history;
    }

    private void at(long ms) {
        nowMs = Math.max(nowMs, ms);
    }

    /** A task stands on a lane. */
    public void task(Lane lane, TrainingTask task, long offset, long ms) {
        at(ms);
        if (lane == Lane.TRAINING && task.groupIndex().value() >= published) {
            published = task.groupIndex().value() + 1;
            lastPublishedMs = ms;
        }
        if (!isOver(lane.kind(), task.groupIndex())) {
            table(lane.kind()).task(lane, task, offset, ms);
        }
    }

    /** Everything on the lane below this offset was taken by workers. */
    public void claimed(Lane lane, long startOffset) {
        table(lane.kind()).claimed(lane, startOffset);
    }

    /** @param record null where the key is deleted */
    public void worker(String key, @Nullable WorkersRecord record, long ms) {
        at(ms);
        workers.take(key, record, ms);
    }

    /** An attempt has ended. */
    public void receipt(GroupKind kind, Receipt receipt, long ms) {
        at(ms);
        GroupIndex group = receipt.groupIndex();
        switch (receipt.outcome()) {
            case Receipt.Success success -> {
                if (kind == GroupKind.TRAINING) {
                    history.finished(
                            ms,
                            success.rewards().mean(),
                            receipt.samples() == 0 ? 0 : receipt.responseTokens() / (double) receipt.samples(),
                            receipt.durationMs() / 1000.0);
                }
            }
            case Receipt.Failure failure -> {
                ends.add(ms, "failed", group, receipt.attempt(), failure.kind() + ": " + failure.message());
                ends.count("failed", failure.kind());
            }
            case Receipt.HandedBack back -> {
                ends.add(ms, "handed_back", group, receipt.attempt(), back.reason());
                ends.count("handed back", back.reason());
            }
            case Receipt.Abandoned _ -> {}
        }
        if (!isOver(kind, group)) {
            table(kind).receipt(receipt, ms);
        }
    }

    /** The trainer consumer has decided something. */
    public void step(StepRecord record, long ms) {
        at(ms);
        switch (record) {
            case StepRecord.Lease lease -> steps.lease(lease, ms, FiguresOf.lease(lease, training));
            case StepRecord.Acknowledgement acknowledgement -> {
                steps.acknowledged(acknowledgement, ms).forEach(entry -> training.remove(entry.groupIndex()));
                training.remove(0, acknowledgement.totals().lowWaterMark());
            }
            case StepRecord.Discard discard -> {
                settled(discard.groupIndex(), discard.totals());
                ends.add(ms, "discarded", discard.groupIndex(), discard.attempt(), discard.reason());
                ends.count("discarded", discard.reason());
            }
            case StepRecord.Abandonment abandonment -> {
                settled(abandonment.groupIndex(), abandonment.totals());
                ends.add(ms, "abandoned", abandonment.groupIndex(), abandonment.lastAttempt(), abandonment.cause());
                ends.count("abandoned", "after its last attempt");
            }
            case StepRecord.Rejection rejection -> {
                training.undone(rejection.groupIndex(), rejection.attempt(), ms);
                ends.add(ms, "rejected", rejection.groupIndex(), rejection.attempt(), rejection.reason());
                ends.count("rejected", "result");
            }
            case StepRecord.Missing missing -> {
                training.undone(missing.groupIndex(), missing.attempt(), ms);
                ends.add(
                        ms,
                        "missing",
                        missing.groupIndex(),
                        missing.attempt(),
                        missing.reason().text());
                ends.count("missing", missing.reason().text());
            }
            case StepRecord.LeaseVoid gone -> {
                steps.voidFrom(gone);
                ends.add(ms, "lease_void", null, null, "step " + gone.step() + ": " + gone.reason());
                ends.count("lease void", "leased anew");
            }
            case StepRecord.Skip skip -> {
                ends.add(
                        ms,
                        "skipped",
                        null,
                        null,
                        "partition " + skip.partition() + " offset " + skip.offset() + ": " + skip.reason());
                ends.count("skipped", "record of results");
            }
            case StepRecord.Resume resume -> {
                steps.resumed();
                ends.add(
                        ms,
                        "resumed",
                        null,
                        null,
                        "lineage " + resume.lineage() + " begins at step " + resume.step() + ", weight version "
                                + resume.weightVersion());
                ends.count("resumed", "lineage");
            }
            case StepRecord.Snapshot snapshot -> {
                steps.snapshot(snapshot);
                training.all().stream()
                        .map(group -> group.index)
                        .filter(steps::isSettled)
                        .toList()
                        .forEach(training::remove);
            }
        }
    }

    private void settled(GroupIndex group, StepRecord.Totals totals) {
        steps.settle(group);
        steps.totals(totals);
        training.remove(group);
    }

    /** The weights are at this. */
    public void policy(Policy newest, long ms) {
        at(ms);
        if (policy == null
                || policy.state() != newest.state()
                || !policy.weightVersion().equals(newest.weightVersion())) {
            policyMs = ms;
        }
        policy = newest;
    }

    /** What the processes of the run share. */
    public void agreement(RunRecord record, long ms) {
        at(ms);
        agreement = record;
        if (record.workerTimeoutMs() != null) {
            workers.timeout(record.workerTimeoutMs());
        }
    }

    /** Something became of an evaluation. */
    public void evaluation(EvalRecord record, long ms) {
        at(ms);
        EvalRecord.Issued over = evals.take(record, ms);
        if (over != null) {
            evaluation.remove(over.first().value(), over.end().value());
        }
    }

    /** Something was given up. */
    public void deadLetter(DeadLetter letter, long ms) {
        at(ms);
        ends.letter(letter, ms);
    }

    /**
     * The trainer consumer itself says what it waits for, which its records do not.
     *
     * @param waitingFor null where it does not say
     * @param forMs how long it has
     */
    public void told(@Nullable String waitingFor, long forMs) {
        told = waitingFor;
        toldSinceMs = waitingFor == null ? null : Math.max(0, nowMs - forMs);
    }

    /** All is read that stood on the topics when the reading began. */
    public void caughtUp() {
        caughtUp = true;
    }

    /** Adds how it stands to the figures over time; once a second, after {@link #caughtUp}. */
    public RunView sample() {
        RunView view = view();
        history.sample(view);
        return view;
    }

    /** How it stands. */
    public RunView view() {
        return new ViewOf(this).view();
    }

    /** Figures of each step. */
    public Series stepSeries() {
        return steps.series();
    }

    /** Groups of a step that is listed, as long as they are kept; ascending by index. */
    public List<RunView.Member> members(Lineage lineage, StepNumber step) {
        return steps.members(lineage, step);
    }

    /** Where the result of a training group stands, of a listed step or waiting; empty where that is not known. */
    public Optional<StepRecord.ManifestEntry> place(GroupIndex index, @Nullable Attempt attempt) {
        Optional<StepRecord.ManifestEntry> listed = steps.entry(index, attempt);
        if (listed.isPresent()) {
            return listed;
        }
        GroupTable.Group group = training.get(index);
        GroupTable.Result result = group == null ? null : group.result;
        if (group == null || result == null || (attempt != null && !attempt.equals(result.attempt()))) {
            return Optional.empty();
        }
        return Optional.of(new StepRecord.ManifestEntry(
                index,
                result.attempt(),
                group.issueVersion == null ? new WeightVersion(0) : group.issueVersion,
                result.partition(),
                result.offsets()));
    }

    private boolean isOver(GroupKind kind, GroupIndex index) {
        return switch (kind) {
            case TRAINING -> steps.isSettled(index);
            case EVALUATION -> evals.isOver(index);
        };
    }

    private GroupTable table(GroupKind kind) {
        return switch (kind) {
            case TRAINING -> training;
            case EVALUATION -> evaluation;
        };
    }
}
