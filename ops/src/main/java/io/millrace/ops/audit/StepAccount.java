package io.millrace.ops.audit;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the {@code steps} topic again from its first record, by rules of its own, and notes where what is written is not
 * what is counted. Pure; one owner. It keeps ranges of indices and one number a step, so a long run costs little.
 */
final class StepAccount {
    /**
     * How the settled groups ended, and where the steps stand.
     *
     * @param trained also of replayed steps once; the same for the other ends
     * @param stepsByLineage acknowledged steps, replayed ones counted in
     */
    record Settled(
            long trained,
            long discarded,
            Map<String, Long> discardReasons,
            long abandoned,
            long lineage,
            long nextStep,
            Map<Long, Long> stepsByLineage,
            long rejections) {}

    private enum End {
        TRAINED,
        DISCARDED,
        ABANDONED
    }

    /** Findings beyond this number are only counted. */
    static final int FINDINGS_MAX = 1_000;

    private final SettledIndices settled = new SettledIndices();
    private final Map<End, Long> counts = new EnumMap<>(End.class);
    private final Map<String, Long> discardReasons = new TreeMap<>();
    /** Of each step ever acknowledged: what its manifest was, by its hash. */
    private final Map<Long, Integer> manifests = new HashMap<>();

    /** Of groups that are not settled: the attempts whose results were rejected or are missing. */
    private final Map<Long, Set<Long>> over = new HashMap<>();

    /** Of groups that are not settled: the results that were rejected. */
    private final Map<Long, List<StepRecord.Rejection>> rejected = new HashMap<>();

    private final Map<Long, Long> stepsByLineage = new TreeMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> watched = new ArrayList<>();
    private final @Nullable Long watch;
    private long lineage;
    private long nextStep;
    private long replayBefore;
    private long rejections;
    private long findingsCount;
    /** Leased and not acknowledged, ascending by step without a gap. */
    private final List<StepRecord.Lease> open = new ArrayList<>();

    /** @param watch a group whose every record is kept for people; null for none */
    StepAccount(@Nullable Long watch) {
        this.watch = watch;
    }

    /** Takes the next record. */
    void accept(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> lease(lease);
            case StepRecord.Acknowledgement ack -> acknowledged(ack);
            case StepRecord.Discard discard -> {
                discardReasons.merge(discard.reason(), 1L, Long::sum);
                settle(discard.groupIndex(), End.DISCARDED, "discarded as " + discard.reason());
                check(discard.totals(), "the discard of group " + discard.groupIndex());
            }
            case StepRecord.Abandonment abandonment -> {
                settle(abandonment.groupIndex(), End.ABANDONED, "abandoned: " + abandonment.cause());
                check(abandonment.totals(), "the abandonment of group " + abandonment.groupIndex());
            }
            case StepRecord.Rejection rejection -> {
                rejections++;
                over(rejection.groupIndex(), rejection.attempt());
                if (!settled.contains(rejection.groupIndex())) {
                    rejected.computeIfAbsent(rejection.groupIndex().value(), first -> new ArrayList<>())
                            .add(rejection);
                }
                watch(
                        rejection.groupIndex(),
                        "attempt " + rejection.attempt() + " rejected at partition " + rejection.partition()
                                + " offset " + rejection.offset() + ": " + rejection.reason());
            }
            case StepRecord.Missing missing -> {
                over(missing.groupIndex(), missing.attempt());
                watch(
                        missing.groupIndex(),
                        "attempt " + missing.attempt() + " is missing at partition " + missing.partition()
                                + " offsets " + missing.offsets() + ": "
                                + missing.reason().text());
            }
            case StepRecord.LeaseVoid gone -> voided(gone);
            case StepRecord.Skip _ -> {}
            case StepRecord.Resume resume -> resumed(resume);
            case StepRecord.Snapshot snapshot -> snapshot(snapshot);
        }
    }

    private void over(GroupIndex index, Attempt attempt) {
        if (!settled.contains(index)) {
            over.computeIfAbsent(index.value(), first -> new HashSet<>()).add(attempt.value());
        }
    }

    private boolean replayed(long step) {
        return step < replayBefore;
    }

    private void lease(StepRecord.Lease lease) {
        long step = lease.step().value();
        if (open.contains(lease)) {
            // Behind a snapshot, for those who begin to read there.
            return;
        }
        if (step != nextStep + open.size() || lease.lineage().value() != lineage) {
            contradiction("lineage " + lease.lineage() + " step " + step + " is leased where lineage " + lineage
                    + " step " + nextStep + " is next and " + open.size() + " steps are leased");
        }
        for (ManifestEntry entry : lease.groups()) {
            watch(
                    entry.groupIndex(),
                    "leased in lineage " + lease.lineage() + " step " + step + (replayed(step) ? ", a replay" : "")
                            + ": attempt " + entry.attempt() + " at partition " + entry.partition() + " offsets "
                            + entry.offsets());
            if (!replayed(step) && settled.contains(entry.groupIndex())) {
                find(Finding.Kind.DOUBLED, entry.groupIndex(), "leased in step " + step + " after it was settled");
            }
            open.stream()
                    .filter(other -> other.groups().stream()
                            .anyMatch(one -> one.groupIndex().equals(entry.groupIndex())))
                    .forEach(other -> find(
                            Finding.Kind.DOUBLED,
                            entry.groupIndex(),
                            "leased in step " + step + " while it is leased in step " + other.step()));
        }
        Integer before = manifests.get(step);
        if (replayed(step) && before != null && before != lease.groups().hashCode()) {
            contradiction("the replay of step " + step + " has another manifest than the step");
        }
        open.add(lease);
    }

    private void acknowledged(StepRecord.Acknowledgement ack) {
        StepRecord.Lease lease = open.isEmpty() ? null : open.getFirst();
        long step = ack.step().value();
        if (lease == null
                || !lease.step().equals(ack.step())
                || !lease.lineage().equals(ack.lineage())) {
            contradiction("lineage " + ack.lineage() + " step " + step
                    + " is acknowledged and was not leased, or not before the others that are");
            return;
        }
        if (!replayed(step)) {
            for (ManifestEntry entry : lease.groups()) {
                settle(entry.groupIndex(), End.TRAINED, "trained in lineage " + lineage + " step " + step);
            }
            manifests.put(step, lease.groups().hashCode());
        }
        stepsByLineage.merge(lineage, 1L, Long::sum);
        open.removeFirst();
        nextStep = step + 1;
        check(ack.totals(), "the acknowledgement of lineage " + lineage + " step " + step);
    }

    private void voided(StepRecord.LeaseVoid gone) {
        if (open.stream()
                .noneMatch(lease ->
                        lease.step().equals(gone.step()) && lease.lineage().equals(gone.lineage()))) {
            contradiction("lineage " + gone.lineage() + " step " + gone.step() + " is void and was not leased");
        }
        open.removeIf(lease -> lease.step().compareTo(gone.step()) >= 0);
    }

    private void resumed(StepRecord.Resume resume) {
        if (resume.lineage().value() != lineage + 1) {
            contradiction("lineage " + resume.lineage() + " follows lineage " + lineage);
        }
        if (resume.step().value() > nextStep || resume.replayBefore().value() > Math.max(nextStep, replayBefore)) {
            contradiction("lineage " + resume.lineage() + " begins at step " + resume.step() + " and replays up to "
                    + resume.replayBefore() + " when the next step is " + nextStep);
        }
        lineage = resume.lineage().value();
        nextStep = resume.step().value();
        replayBefore = resume.replayBefore().value();
        open.clear();
    }

    private void snapshot(StepRecord.Snapshot snapshot) {
        if (snapshot.lineage().value() != lineage || snapshot.nextStep().value() != nextStep) {
            contradiction("a snapshot says lineage " + snapshot.lineage() + " step " + snapshot.nextStep()
                    + " where lineage " + lineage + " step " + nextStep + " is next");
        }
        if (!snapshot.settled().equals(settled.ranges())) {
            contradiction("the snapshot before step " + nextStep + " has other settled groups than were settled");
        }
        check(snapshot.totals(), "the snapshot before step " + nextStep);
    }

    private void settle(GroupIndex index, End end, String how) {
        watch(index, how);
        if (!settled.add(index)) {
            find(Finding.Kind.DOUBLED, index, how + " after it was settled");
            return;
        }
        over.remove(index.value());
        rejected.remove(index.value());
        counts.merge(end, 1L, Long::sum);
    }

    private void check(StepRecord.Totals written, String where) {
        StepRecord.Totals counted = new StepRecord.Totals(
                count(End.TRAINED), count(End.DISCARDED), count(End.ABANDONED), settled.lowWaterMark());
        if (!written.equals(counted)) {
            contradiction(where + " says " + written + " where " + counted + " is counted");
        }
    }

    private void watch(GroupIndex index, String what) {
        if (watch != null && watch == index.value()) {
            watched.add("steps: " + what);
        }
    }

    private void contradiction(String detail) {
        find(Finding.Kind.CONTRADICTION, null, detail);
    }

    private void find(Finding.Kind kind, @Nullable GroupIndex group, String detail) {
        findingsCount++;
        if (findings.size() < FINDINGS_MAX) {
            findings.add(new Finding(kind, group == null ? null : group.value(), "steps: " + detail));
        }
    }

    boolean isSettled(long index) {
        return settled.contains(new GroupIndex(index));
    }

    /**
     * Whether the result of an attempt was rejected, or found missing: nothing rests on it, the group is issued again, and
     * its records may be trimmed or gone.
     */
    boolean isOver(long index, long attempt) {
        return over.getOrDefault(index, Set.of()).contains(attempt);
    }

    /**
     * Whether the result at this place was rejected; another attempt may have taken the place of one that was lost.
     *
     * @param attempt null where the record does not say
     */
    boolean isRejected(long index, @Nullable Attempt attempt, ResultPlace place) {
        return rejected.getOrDefault(index, List.of()).stream()
                .anyMatch(one -> place.equals(new ResultPlace(one.partition(), one.offset()))
                        && (attempt == null || attempt.equals(one.attempt())));
    }

    /** As of the records taken so far. */
    Settled settled() {
        return new Settled(
                count(End.TRAINED),
                count(End.DISCARDED),
                Collections.unmodifiableMap(new TreeMap<>(discardReasons)),
                count(End.ABANDONED),
                lineage,
                nextStep,
                Collections.unmodifiableMap(new TreeMap<>(stepsByLineage)),
                rejections);
    }

    private long count(End end) {
        return counts.getOrDefault(end, 0L);
    }

    /** Every index below it is settled. */
    long lowWaterMark() {
        return settled.lowWaterMark();
    }

    /** The index after the highest settled one. */
    long settledEnd() {
        return settled.ranges().isEmpty() ? 0 : settled.ranges().getLast().to();
    }

    /** Settled groups at or above this index. */
    long settledFrom(long index) {
        return settled.ranges().stream()
                .mapToLong(range -> Math.max(0, range.to() - Math.max(index, range.from())))
                .sum();
    }

    /** Those that are leased and not acknowledged. */
    List<StepRecord.Lease> openLeases() {
        return List.copyOf(open);
    }

    /** At most {@link #FINDINGS_MAX} of them. */
    List<Finding> findings() {
        return List.copyOf(findings);
    }

    long findingsCount() {
        return findingsCount;
    }

    /** What the records say of the watched group, in order. */
    List<String> watched() {
        return List.copyOf(watched);
    }
}
