package io.millrace.trainer.steps;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.record.StepRecord.Missing;
import io.millrace.common.record.StepRecord.Rejection;
import io.millrace.common.record.StepRecord.Skip;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.record.StepRecord.Snapshot.ResultsRead;
import io.millrace.common.record.StepRecord.Totals;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/*
 * Why a skip is remembered as one offset per partition and a rejection by its place: a record that names no group is
 * decided when it is read, so all before the last skip of a partition were decided by then. A rejection may also be of
 * parts that never became whole, whose place is that of the last part, read long before.
 */

/** Which groups are settled, how many by which end, and which results were rejected or skipped. Owned by the ledger. */
final class Settlements {
    private final SettledIndices settled = new SettledIndices();
    /** How many are kept of records that are not read again; only noise about groups that never were makes more. */
    private static final int REJECTIONS_KEPT_MAX = 5_000;

    /** In the order of each group's first; of groups that are unsettled, or were when the last snapshot was made. */
    private final Map<GroupIndex, List<Rejection>> rejections = new LinkedHashMap<>();
    /** Of groups that are unsettled, or were when the last snapshot was made. */
    private final Map<GroupIndex, List<Missing>> missing = new LinkedHashMap<>();

    /** By partition: every record below that names no group is on record. */
    private final Map<Integer, Long> skippedTo = new HashMap<>();

    private Totals totals = Totals.NONE;
    private long rejected;
    private long skipped;

    void restore(Snapshot snapshot) {
        settled.restore(snapshot.settled());
        totals = snapshot.totals();
        rejections.clear();
        snapshot.rejections().forEach(this::remember);
        missing.clear();
        snapshot.missing().forEach(this::miss);
        rejected = snapshot.rejected();
        skippedTo.clear();
        snapshot.results().forEach(read -> skippedTo.put(read.partition(), read.to()));
        skipped = snapshot.skipped();
    }

    /** @return false when it was settled before */
    boolean settle(GroupIndex index) {
        return settled.add(index);
    }

    /** The totals with so many more, of groups that are settled by now. */
    Totals counted(long trained, long discarded, long abandoned) {
        totals = new Totals(
                totals.trained() + trained,
                totals.discarded() + discarded,
                totals.abandoned() + abandoned,
                settled.lowWaterMark());
        return totals;
    }

    void reject(Rejection rejection) {
        rejected++;
        remember(rejection);
    }

    private void remember(Rejection rejection) {
        if (!isSettled(rejection.groupIndex())) {
            rejections
                    .computeIfAbsent(rejection.groupIndex(), index -> new ArrayList<>())
                    .add(rejection);
        }
    }

    void miss(Missing one) {
        if (!isSettled(one.groupIndex())) {
            missing.computeIfAbsent(one.groupIndex(), index -> new ArrayList<>())
                    .add(one);
        }
    }

    void skip(Skip skip) {
        skipped++;
        skippedTo.merge(skip.partition(), skip.offset() + 1, Math::max);
    }

    /** A snapshot with these reads stands: what it does not keep is needed no more. */
    void forgetBelow(List<ResultsRead> reads) {
        Map<GroupIndex, List<Rejection>> keptRejections = keptRejections(reads);
        rejections.clear();
        rejections.putAll(keptRejections);
        Map<GroupIndex, List<Missing>> keptMissing = keptMissing();
        missing.clear();
        missing.putAll(keptMissing);
    }

    /**
     * Of records that are not read again, keeps one rejection for each attempt: their place is of no use any more, but the
     * producer, which begins at the snapshot, must still learn which attempts came to nothing. Those of groups that are
     * settled go only with a snapshot: a restart before it reads their records again, and would take a result that was
     * taken back for the first of its group.
     */
    private Map<GroupIndex, List<Rejection>> keptRejections(List<ResultsRead> reads) {
        Map<Integer, Long> from = new HashMap<>();
        reads.forEach(read -> from.put(read.partition(), read.from()));
        Predicate<Rejection> past = one -> one.offset() < from.getOrDefault(one.partition(), 0L);
        Map<GroupIndex, List<Rejection>> kept = new LinkedHashMap<>();
        rejections.forEach((index, of) -> {
            if (!isSettled(index)) {
                kept.put(index, withoutRepetitions(of, past));
            }
        });
        long many = kept.values().stream().flatMap(List::stream).filter(past).count();
        Iterator<List<Rejection>> oldest = kept.values().iterator();
        while (many > REJECTIONS_KEPT_MAX && oldest.hasNext()) {
            List<Rejection> of = oldest.next();
            many -= of.stream().filter(past).count();
            of.removeIf(past);
            if (of.isEmpty()) {
                oldest.remove();
            }
        }
        return kept;
    }

    private Map<GroupIndex, List<Missing>> keptMissing() {
        Map<GroupIndex, List<Missing>> kept = new LinkedHashMap<>(missing);
        kept.keySet().removeIf(this::isSettled);
        // Each has a receipt of its own, so only noise makes more.
        for (Iterator<GroupIndex> oldest = kept.keySet().iterator(); kept.size() > REJECTIONS_KEPT_MAX; ) {
            oldest.next();
            oldest.remove();
        }
        return kept;
    }

    private static List<Rejection> withoutRepetitions(List<Rejection> of, Predicate<Rejection> past) {
        Set<Attempt> attempts = new HashSet<>();
        List<Rejection> kept = new ArrayList<>();
        for (Rejection one : of) {
            if (attempts.add(one.attempt()) || !past.test(one)) {
                kept.add(one);
            }
        }
        return kept;
    }

    boolean isSettled(GroupIndex index) {
        return settled.contains(index);
    }

    boolean isRejected(GroupIndex index, Attempt attempt, int partition, long offset) {
        return rejections.getOrDefault(index, List.of()).stream()
                .anyMatch(
                        one -> one.attempt().equals(attempt) && one.partition() == partition && one.offset() == offset);
    }

    boolean isOver(GroupIndex index, Attempt attempt) {
        return rejections.getOrDefault(index, List.of()).stream()
                        .anyMatch(one -> one.attempt().equals(attempt))
                || missing.getOrDefault(index, List.of()).stream()
                        .anyMatch(one -> one.attempt().equals(attempt));
    }

    /** Those that a snapshot keeps. */
    List<Missing> missing() {
        return keptMissing().values().stream().flatMap(List::stream).toList();
    }

    boolean isSkipped(int partition, long offset) {
        return offset < skippedTo.getOrDefault(partition, 0L);
    }

    List<SettledIndices.Range> ranges() {
        return settled.ranges();
    }

    /** Those that a snapshot with these reads keeps. */
    List<Rejection> rejections(List<ResultsRead> reads) {
        return keptRejections(reads).values().stream().flatMap(List::stream).toList();
    }

    Totals totals() {
        return totals;
    }

    long rejected() {
        return rejected;
    }

    long skipped() {
        return skipped;
    }
}
