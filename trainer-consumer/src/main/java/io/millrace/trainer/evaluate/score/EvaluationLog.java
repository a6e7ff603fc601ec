package io.millrace.trainer.evaluate.score;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.EvalRecord;
import io.millrace.trainer.collect.GroupEnds;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Every evaluation of the run, by what stands on {@code evals} and {@code eval-results}. The topics run apart: a result
 * that comes before its tasks' record waits for it. One owner.
 */
public final class EvaluationLog implements GroupEnds {
    /** Results that wait for the record of their tasks; more means that somebody writes nonsense. */
    static final int EARLY_MAX = 200_000;

    /** What became of a result. */
    public enum Fate {
        COUNTED,
        /** Its group had ended, or its evaluation is over. */
        LATE,
        /** Its tasks' record has not come. */
        EARLY,
        /** The same, and too many such wait already: its group will be missing. */
        DROPPED
    }

    /**
     * How a group ended, and where that stands.
     *
     * @param count adds it to the scores of its data set
     */
    private record End(GroupIndex index, Consumer<DataSetScores> count, int partition, long offset) {}

    private final LinkedHashMap<String, Evaluation> evaluations = new LinkedHashMap<>();
    private final TreeMap<GroupIndex, End> early = new TreeMap<>();
    private long nextIndex;

    /** Takes in a record of {@code evals}. */
    public void accept(EvalRecord record) {
        if (record instanceof EvalRecord.Request request) {
            evaluations.putIfAbsent(request.evalId(), new Evaluation(request));
            forget();
            return;
        }
        Evaluation evaluation = evaluations.get(record.evalId());
        if (record instanceof EvalRecord.Issued issued) {
            nextIndex = Math.max(nextIndex, issued.end().value());
        }
        if (evaluation != null) {
            switch (record) {
                case EvalRecord.Request request -> {}
                case EvalRecord.Loading loading -> {}
                case EvalRecord.Issued issued -> evaluation.issued(issued);
                case EvalRecord.Missing missing -> evaluation.missing(missing);
                case EvalRecord.Failed failed -> evaluation.failed(failed);
                case EvalRecord.Cancelled cancelled -> evaluation.cancelled();
                case EvalRecord.Report report -> evaluation.reported(report);
            }
        }
        Map<GroupIndex, End> known = early.headMap(new GroupIndex(nextIndex), false);
        List<End> ends = List.copyOf(known.values());
        known.clear();
        ends.forEach(this::count);
    }

    private void forget() {
        int ended = evaluations.size() - open();
        for (Iterator<Evaluation> all = evaluations.values().iterator();
                ended > EvalRecord.ENDED_KNOWN_MAX && all.hasNext(); ) {
            if (!all.next().isOpen()) {
                all.remove();
                ended--;
            }
        }
    }

    /** A group is finished; the place is of the lowest of its records. */
    public Fate finished(GroupScore score, int partition, long offset) {
        return count(new End(score.index(), scores -> scores.add(score), partition, offset));
    }

    /** A group was given up, or its result cannot be used. */
    public Fate givenUp(GroupIndex index, String cause, int partition, long offset) {
        return count(new End(index, scores -> scores.failed(cause), partition, offset));
    }

    private Fate count(End end) {
        if (!isIssued(end.index())) {
            if (early.size() >= EARLY_MAX && !early.containsKey(end.index())) {
                return Fate.DROPPED;
            }
            early.putIfAbsent(end.index(), end);
            return Fate.EARLY;
        }
        Optional<Evaluation> of = openWith(end.index());
        if (of.isEmpty()) {
            return Fate.LATE;
        }
        Evaluation evaluation = of.get();
        evaluation.seen(end.partition(), end.offset());
        DataSetScores scores = evaluation.end(end.index());
        if (scores == null) {
            return Fate.LATE;
        }
        end.count().accept(scores);
        return Fate.COUNTED;
    }

    private Optional<Evaluation> openWith(GroupIndex index) {
        return evaluations.values().stream()
                .filter(evaluation -> evaluation.isOpen() && evaluation.has(index))
                .findFirst();
    }

    /** Whether nothing more is wanted of the group. */
    @Override
    public boolean isSettled(GroupIndex index) {
        return isIssued(index)
                && openWith(index).map(evaluation -> evaluation.hasEnded(index)).orElse(true);
    }

    /** Whether the result of this attempt is known to be missing. */
    @Override
    public boolean isOver(GroupIndex index, Attempt attempt) {
        return openWith(index)
                .map(evaluation -> evaluation.isMissing(index, attempt))
                .orElse(false);
    }

    /** Whether the record of the group's tasks has come. */
    boolean isIssued(GroupIndex index) {
        return index.value() < nextIndex;
    }

    /** The open evaluation whose group this is; empty when there is none. */
    Optional<String> evaluationOf(GroupIndex index) {
        return openWith(index).map(evaluation -> evaluation.request().evalId());
    }

    /** In the order of their requests. */
    public Collection<Evaluation> all() {
        return List.copyOf(evaluations.values());
    }

    public boolean knows(String evalId) {
        return evaluations.containsKey(evalId);
    }

    /** Evaluations that have not ended. */
    public int open() {
        return (int) evaluations.values().stream().filter(Evaluation::isOpen).count();
    }

    /**
     * Where a restart must begin to read results, by partition, when an evaluation is reported.
     *
     * @param but the one that is reported
     * @param positions where each partition is read next
     * @param parts the first part that is held, by partition
     */
    public Map<Integer, Long> resultsFrom(String but, Map<Integer, Long> positions, Map<Integer, Long> parts) {
        Map<Integer, Long> from = new HashMap<>(positions);
        lower(from, parts);
        evaluations.values().stream()
                .filter(evaluation ->
                        evaluation.isOpen() && !evaluation.request().evalId().equals(but))
                .forEach(evaluation -> lower(from, evaluation.firstOffsets()));
        early.values()
                .forEach(one ->
                        from.computeIfPresent(one.partition(), (partition, offset) -> Math.min(offset, one.offset())));
        return from;
    }

    private static void lower(Map<Integer, Long> from, Map<Integer, Long> to) {
        to.forEach((partition, offset) ->
                from.computeIfPresent(partition, (same, position) -> Math.min(position, offset)));
    }
}
