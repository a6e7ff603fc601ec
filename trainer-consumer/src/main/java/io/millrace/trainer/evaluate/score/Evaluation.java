package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.DataSetReport;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One evaluation, from its request to its report. Of each group the first thing counts, a result or its end. One owner. */
public final class Evaluation {
    /** How far it is. */
    public enum State {
        /** Its tasks are not issued yet: the weights, or the producer, are waited for. */
        WAITING,
        RUNNING,
        /** Every group has ended. */
        DONE,
        /** Its time was up first. */
        EXPIRED,
        /** Its tasks could not be issued. */
        FAILED,
        /** Nobody wanted it any more. */
        CANCELLED
    }

    private final EvalRecord.Request request;
    private final List<DataSetScores> scores = new ArrayList<>();
    private final BitSet ended = new BitSet();
    private final Map<Integer, Long> firstOffsets = new HashMap<>();
    /** Attempts whose result is known to be missing, by group; none once the evaluation has ended. */
    private final Map<GroupIndex, Set<Attempt>> missing = new HashMap<>();

    private EvalRecord.@Nullable Issued issued;
    private EvalRecord.@Nullable Failed failed;
    private EvalRecord.@Nullable Report report;
    private boolean cancelled;

    Evaluation(EvalRecord.Request request) {
        this.request = request;
    }

    public EvalRecord.Request request() {
        return request;
    }

    void issued(EvalRecord.Issued tasks) {
        if (issued != null) {
            return;
        }
        issued = tasks;
        for (int i = 0; i < request.dataSets().size(); i++) {
            scores.add(new DataSetScores(
                    request.dataSets().get(i),
                    i < tasks.groups().size() ? tasks.groups().get(i) : 0));
        }
    }

    void failed(EvalRecord.Failed cause) {
        failed = failed == null ? cause : failed;
        missing.clear();
    }

    void cancelled() {
        cancelled = true;
        missing.clear();
    }

    void reported(EvalRecord.Report known) {
        report = report == null ? known : report;
        missing.clear();
    }

    void missing(EvalRecord.Missing result) {
        if (isOpen() && has(result.groupIndex())) {
            missing.computeIfAbsent(result.groupIndex(), index -> new HashSet<>())
                    .add(result.attempt());
        }
    }

    boolean isMissing(GroupIndex index, Attempt attempt) {
        return missing.getOrDefault(index, Set.of()).contains(attempt);
    }

    boolean isOpen() {
        return failed == null && report == null && !cancelled;
    }

    /** Whether the group is one of this evaluation's. */
    boolean has(GroupIndex index) {
        return issued != null && index.compareTo(issued.first()) >= 0 && index.compareTo(issued.end()) < 0;
    }

    boolean hasEnded(GroupIndex index) {
        return issued != null && ended.get(place(issued, index));
    }

    private static int place(EvalRecord.Issued tasks, GroupIndex index) {
        return Math.toIntExact(index.value() - tasks.first().value());
    }

    /**
     * A group ends.
     *
     * @return the scores of its data set; null when it has ended before
     */
    @Nullable
    DataSetScores end(GroupIndex index) {
        EvalRecord.Issued tasks = issued;
        if (tasks == null || ended.get(place(tasks, index))) {
            return null;
        }
        int place = place(tasks, index);
        ended.set(place);
        for (int i = 0; i < scores.size(); i++) {
            place -= tasks.groups().get(i);
            if (place < 0) {
                return scores.get(i);
            }
        }
        throw new IllegalStateException("group " + index + " is of no data set of " + request.evalId());
    }

    /** Its results in this partition begin here, or before. */
    void seen(int partition, long offset) {
        firstOffsets.merge(partition, offset, Math::min);
    }

    /** Where the results that were seen begin, by partition. */
    Map<Integer, Long> firstOffsets() {
        return Map.copyOf(firstOffsets);
    }

    /**
     * Whether a report is due: every group has ended, or the time is up.
     *
     * @param ageMs how long ago it was asked for ({@link EvaluationAges}), not by the times in its records
     */
    public boolean isDue(long ageMs) {
        return isOpen() && (isComplete() || ageMs >= request.timeLimitMs());
    }

    private boolean isComplete() {
        return issued != null
                && ended.cardinality() == issued.end().value() - issued.first().value();
    }

    /** What it has come to now. */
    public EvalRecord.Report report(long nowMs, Map<Integer, Long> resultsFrom) {
        EvalRecord.Issued tasks = issued;
        List<DataSetReport> dataSets = tasks == null
                ? request.dataSets().stream()
                        .map(asked -> new DataSetScores(asked, 0).report())
                        .toList()
                : scores.stream().map(DataSetScores::report).toList();
        return new EvalRecord.Report(
                request.evalId(),
                request.lineage(),
                tasks == null ? request.weightVersion() : tasks.weightVersion(),
                isComplete(),
                request.requestedAtMs(),
                nowMs,
                dataSets,
                resultsFrom);
    }

    /** How it stands, for others; after a restart what a report says was not counted again. */
    public EvaluationStatus status() {
        EvalRecord.Issued tasks = issued;
        List<DataSetReport> figures =
                report == null ? scores.stream().map(DataSetScores::report).toList() : report.dataSets();
        return new EvaluationStatus(
                request,
                state(),
                tasks == null ? null : tasks.weightVersion(),
                tasks == null ? 0 : tasks.end().value() - tasks.first().value(),
                figures.stream().mapToLong(DataSetReport::done).sum(),
                figures.stream().mapToLong(DataSetReport::failed).sum(),
                failed == null ? null : failed.cause(),
                report,
                tasks);
    }

    private State state() {
        if (report != null) {
            return report.complete() ? State.DONE : State.EXPIRED;
        }
        // A report, when one was on its way, stands whichever of the two came first.
        if (cancelled) {
            return State.CANCELLED;
        }
        if (failed != null) {
            return State.FAILED;
        }
        return issued == null ? State.WAITING : State.RUNNING;
    }
}
