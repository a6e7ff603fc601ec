package io.millrace.trainer.observe;

import io.millrace.common.batch.OpenLeases;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.observe.RunView.Figures;
import io.millrace.trainer.observe.RunView.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Leased and trained steps, what is settled, and the figures of each step. Not thread-safe. */
final class StepLog {
    /** Steps that are listed. */
    static final int ROWS_MAX = 64;

    /** Groups of listed steps whose place is kept, so that they can be shown. */
    static final int MEMBERS_MAX = 8_192;

    /** What is counted of each step. */
    static final String[] FIGURES = {
        "reward_mean",
        "reward_std",
        "response_tokens",
        "staleness_mean",
        "staleness_in_flight",
        "staleness_in_queue",
        "wait_seconds",
        "train_seconds"
    };

    private static final long[] WIDTHS_STEPS = {1, 16, 512};

    static final int POINTS = 360;

    /** A listed step. */
    private static final class Row {
        final StepRecord.Lease lease;
        final long leasedMs;
        final Map<Long, Long> staleness = new TreeMap<>();
        final @Nullable Figures figures;
        String state = "leased";

        @Nullable
        Long trainedMs;

        @Nullable
        WeightVersion newVersion;

        boolean members = true;

        Row(StepRecord.Lease lease, long leasedMs, @Nullable Figures figures) {
            this.lease = lease;
            this.leasedMs = leasedMs;
            this.figures = figures;
            lease.groups()
                    .forEach(entry -> staleness.merge(
                            lease.weightVersion().value()
                                    - entry.oldestVersion().value(),
                            1L,
                            Long::sum));
        }
    }

    private final Deque<Row> rows = new ArrayDeque<>();
    private final OpenLeases open = new OpenLeases();
    private final Map<Long, Long> leasedMs = new TreeMap<>();
    private final SettledIndices settled = new SettledIndices();
    private final Series series = new Series(POINTS, WIDTHS_STEPS, FIGURES);
    private StepRecord.Totals totals = StepRecord.Totals.NONE;
    private StepRecord.@Nullable Acknowledgement last;
    private @Nullable Long lastMs;
    private int members;

    StepRecord.Totals totals() {
        return totals;
    }

    /** Every group below their low-water mark is settled, whatever was read. */
    void totals(StepRecord.Totals newest) {
        totals = newest;
        settled.raiseTo(newest.lowWaterMark());
    }

    boolean isSettled(GroupIndex index) {
        return settled.contains(index);
    }

    void settle(GroupIndex index) {
        settled.add(index);
    }

    /** What is settled, whatever was known before. */
    void snapshot(StepRecord.Snapshot snapshot) {
        settled.restore(snapshot.settled());
        totals(snapshot.totals());
    }

    /** @param figures null where they are not known */
    void lease(StepRecord.Lease lease, long ms, @Nullable Figures figures) {
        open.add(lease);
        leasedMs.put(lease.step().value(), ms);
        if (leasedMs.size() > ROWS_MAX) {
            leasedMs.remove(leasedMs.keySet().iterator().next());
        }
        rows.stream()
                .filter(row -> row.state.equals("leased") && !open.isOpen(row.lease.token()))
                .forEach(row -> row.state = "void");
        rows.addLast(new Row(lease, ms, figures));
        members += lease.groups().size();
        if (rows.size() > ROWS_MAX) {
            Row gone = rows.removeFirst();
            members -= gone.members ? gone.lease.groups().size() : 0;
        }
        for (Row row : rows) {
            if (members <= MEMBERS_MAX) {
                break;
            }
            if (row.members && row != rows.getLast()) {
                row.members = false;
                members -= row.lease.groups().size();
            }
        }
    }

    private void point(Row row, double waitSeconds, double trainSeconds) {
        Figures figures = row.figures;
        if (figures == null) {
            return;
        }
        double groups = row.lease.groups().size();
        double staleness = row.staleness.entrySet().stream()
                        .mapToDouble(entry -> (double) entry.getKey() * entry.getValue())
                        .sum()
                / groups;
        series.add(
                row.lease.step().value(),
                figures.rewardMean(),
                figures.rewardStd(),
                figures.responseTokens(),
                staleness,
                figures.stalenessInFlight() == null ? Double.NaN : figures.stalenessInFlight(),
                figures.stalenessInQueue() == null ? Double.NaN : figures.stalenessInQueue(),
                waitSeconds,
                trainSeconds);
    }

    /**
     * A step is trained.
     *
     * @return its groups, which are settled; empty where its lease was not read
     */
    List<StepRecord.ManifestEntry> acknowledged(StepRecord.Acknowledgement acknowledgement, long ms) {
        StepRecord.Lease lease = open.of(acknowledgement.step());
        Long before = lastMs;
        last = acknowledgement;
        lastMs = ms;
        totals(acknowledgement.totals());
        if (lease == null) {
            return List.of();
        }
        while (open.size() > 0
                && open.oldest() != null
                && !open.oldest().token().equals(lease.token())) {
            open.removeOldest();
        }
        open.removeOldest();
        lease.groups().forEach(entry -> settled.add(entry.groupIndex()));
        for (Row row : rows) {
            if (row.lease.token().equals(lease.token())) {
                row.state = "trained";
                row.trainedMs = ms;
                row.newVersion = acknowledgement.newWeightVersion();
                double wait = before == null ? Double.NaN : Math.max(0, row.leasedMs - before) / 1000.0;
                point(row, wait, (ms - row.leasedMs) / 1000.0);
            }
        }
        return lease.groups();
    }

    void voidFrom(StepRecord.LeaseVoid gone) {
        open.voidFrom(gone.step());
        markVoid();
    }

    void resumed() {
        open.clear();
        markVoid();
    }

    private void markVoid() {
        for (Row row : rows) {
            if (row.state.equals("leased") && !open.isOpen(row.lease.token())) {
                row.state = "void";
            }
        }
    }

    List<StepRecord.Lease> open() {
        return open.all();
    }

    long leasedMs(StepRecord.Lease lease, long otherwise) {
        return leasedMs.getOrDefault(lease.step().value(), otherwise);
    }

    boolean isLeased(GroupIndex index) {
        return open.contains(index);
    }

    StepRecord.@Nullable Acknowledgement last() {
        return last;
    }

    @Nullable
    Long lastMs() {
        return lastMs;
    }

    Series series() {
        return series;
    }

    /** The newest first. */
    List<Step> rows() {
        List<Step> list = new ArrayList<>(rows.size());
        for (Iterator<Row> all = rows.descendingIterator(); all.hasNext(); ) {
            Row row = all.next();
            list.add(new Step(
                    row.lease.lineage(),
                    row.lease.step(),
                    row.state,
                    row.lease.weightVersion(),
                    row.leasedMs,
                    row.trainedMs,
                    row.newVersion,
                    row.lease.groups().size(),
                    row.figures,
                    row.staleness));
        }
        return list;
    }

    /** The groups of a listed step, ascending by index; empty where it is older than those that are kept. */
    List<RunView.Member> members(Lineage lineage, StepNumber step) {
        for (Iterator<Row> all = rows.descendingIterator(); all.hasNext(); ) {
            Row row = all.next();
            if (row.members
                    && row.lease.step().equals(step)
                    && row.lease.lineage().equals(lineage)) {
                return row.lease.groups().stream()
                        .map(entry -> new RunView.Member(entry.groupIndex(), entry.attempt(), entry.oldestVersion()))
                        .toList();
            }
        }
        return List.of();
    }

    /** Where the group of a listed step stands. */
    Optional<StepRecord.ManifestEntry> entry(GroupIndex index, @Nullable Attempt attempt) {
        for (Iterator<Row> all = rows.descendingIterator(); all.hasNext(); ) {
            Row row = all.next();
            if (!row.members) {
                continue;
            }
            for (StepRecord.ManifestEntry entry : row.lease.groups()) {
                if (entry.groupIndex().equals(index)
                        && (attempt == null || entry.attempt().equals(attempt))) {
                    return Optional.of(entry);
                }
            }
        }
        return Optional.empty();
    }
}
