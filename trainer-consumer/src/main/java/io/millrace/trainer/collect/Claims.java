package io.millrace.trainer.collect;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord.Missing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * A receipt says where a result or an abandoned marker stands; the log may have lost it since. Both are read here, at their own pace, so of each
 * success receipt of an unsettled group one of these comes true:
 * - the result is met, before or after the receipt: a record of this attempt at the claim's last offset or another;
 * - its partition is read to beyond the claim's last offset, and no result of the attempt was met: it is missing. All
 *   records below were handed to `met` then, or stand below where this process began to read, where only records of
 *   settled groups, and rejected ones, are;
 * - the partition ends at or below the last offset, and is found to for the time limit: it is missing. At once it may
 *   only be that a new leader does not yet show what it has.
 * A claim is kept until its group is settled, met or not, since a session that begins anew (after a lease that could not
 * be read back, say) must judge it again: its receipt is read again from `receiptsFrom`.
 */

/**
 * The results and markers that receipts name and that were not met yet, and which of them are missing. Pure: no client, no clock;
 * times are of the caller's monotonic clock. Not thread-safe.
 */
public final class Claims {
    /** Groups of which receipts are held; only noise about groups that never were makes more. */
    public static final int GROUPS_MAX = 200_000;

    private record Claim(GroupIndex group, Attempt attempt, Receipt.Claim place, long receipt, long sinceNanos) {
        long last() {
            return place.offsets().stream().mapToLong(Long::longValue).max().orElse(0);
        }
    }

    /** What is known of the attempts of one unsettled group. */
    private static final class Known {
        private final Set<Attempt> met = new HashSet<>();
        /** Any marker settles the group, so it stands for all that were claimed. */
        private boolean marked;

        private final Map<Attempt, Claim> claims = new HashMap<>();
    }

    private final GroupEnds ends;
    private final long limitNanos;
    private final Map<GroupIndex, Known> groups = new HashMap<>();
    /** Not met and not found missing, by partition and last offset. */
    private final Map<Integer, NavigableMap<Long, List<Claim>>> open = new HashMap<>();

    private int heldAfterForgetting;
    private long passedOver;

    /** @param limitNanos how long a partition must be seen to end before a result until that is missing */
    public Claims(GroupEnds ends, long limitNanos) {
        this.ends = ends;
        this.limitNanos = limitNanos;
    }

    /** A receipt was read. */
    public void claimed(Receipt receipt, long offset, long nowNanos) {
        if (!(receipt.outcome() instanceof Receipt.Claim place) || ends.isSettled(receipt.groupIndex())) {
            return;
        }
        Known known = known(receipt.groupIndex());
        if (known == null) {
            passedOver++;
            return;
        }
        Claim claim = new Claim(receipt.groupIndex(), receipt.attempt(), place, offset, nowNanos);
        if (known.claims.putIfAbsent(receipt.attempt(), claim) == null && isOpen(claim)) {
            open.computeIfAbsent(place.partition(), partition -> new TreeMap<>())
                    .computeIfAbsent(claim.last(), last -> new ArrayList<>(1))
                    .add(claim);
        }
    }

    /** A result was read, whatever became of it. */
    public void met(ResultEvent event) {
        switch (event) {
            case ResultEvent.Result result ->
                met(result.group().groupIndex(), result.group().attempt());
            case ResultEvent.Invalid invalid -> met(invalid.groupIndex(), invalid.attempt());
            case ResultEvent.PartsRepeated parts -> met(parts.groupIndex(), parts.attempt());
            case ResultEvent.PartPassed part -> {}
            case ResultEvent.Marker marker -> marked(marker.groupIndex());
            case ResultEvent.Unreadable unreadable -> {}
        }
    }

    private void met(GroupIndex group, Attempt attempt) {
        if (!ends.isSettled(group)) {
            Known known = known(group);
            if (known != null) {
                known.met.add(attempt);
            }
        }
    }

    private void marked(GroupIndex group) {
        if (!ends.isSettled(group)) {
            Known known = known(group);
            if (known != null) {
                known.marked = true;
            }
        }
    }

    private @Nullable Known known(GroupIndex group) {
        if (groups.size() > 2 * heldAfterForgetting + 1_000) {
            forgetSettled();
        }
        Known known = groups.get(group);
        if (known == null && groups.size() < GROUPS_MAX) {
            known = new Known();
            groups.put(group, known);
        }
        return known;
    }

    private boolean isOpen(Claim claim) {
        Known known = groups.get(claim.group());
        return known != null
                && !(claim.place() instanceof Receipt.Abandoned ? known.marked : known.met.contains(claim.attempt()))
                && !ends.isSettled(claim.group())
                && !ends.isOver(claim.group(), claim.attempt());
    }

    /**
     * The claims that lie below where a partition is read next, and were not met: they are missing. Call it when all that
     * was read is handed in.
     */
    public List<Missing> readTo(int partition, long position) {
        List<Missing> missing = new ArrayList<>();
        NavigableMap<Long, List<Claim>> passed =
                open.getOrDefault(partition, new TreeMap<>()).headMap(position, false);
        passed.values()
                .forEach(claims -> claims.stream()
                        .filter(this::isOpen)
                        .forEach(claim -> missing.add(missing(claim, Missing.Why.NOT_THERE))));
        passed.clear();
        return missing;
    }

    /** Whether a claim has waited for the limit, so that it is time to ask where the partitions end. */
    public boolean isOverdue(long nowNanos) {
        return open.values().stream()
                .flatMap(claims -> claims.values().stream())
                .flatMap(List::stream)
                .anyMatch(claim -> nowNanos - claim.sinceNanos() >= limitNanos);
    }

    /**
     * Where a partition ends, uncommitted records counted in: claims from there on that had waited for the limit when this
     * was asked are missing.
     */
    public List<Missing> endsAt(int partition, long end, long askedNanos) {
        List<Missing> missing = new ArrayList<>();
        NavigableMap<Long, List<Claim>> beyond =
                open.getOrDefault(partition, new TreeMap<>()).tailMap(end, true);
        for (Iterator<List<Claim>> at = beyond.values().iterator(); at.hasNext(); ) {
            List<Claim> claims = at.next();
            claims.removeIf(claim -> {
                boolean over = askedNanos - claim.sinceNanos() >= limitNanos;
                if (over && isOpen(claim)) {
                    missing.add(missing(claim, Missing.Why.BEYOND_END));
                }
                return over || !isOpen(claim);
            });
            if (claims.isEmpty()) {
                at.remove();
            }
        }
        return missing;
    }

    private static Missing missing(Claim claim, Missing.Why why) {
        return new Missing(
                claim.group(),
                claim.attempt(),
                claim.place().partition(),
                claim.place().offsets(),
                why);
    }

    /**
     * From which offset on a restart must read the receipts: the lowest that is of an unsettled group.
     *
     * @param position where they are read next
     */
    public long receiptsFrom(long position) {
        forgetSettled();
        return groups.values().stream()
                .flatMap(known -> known.claims.values().stream())
                .mapToLong(Claim::receipt)
                .reduce(position, Math::min);
    }

    private void forgetSettled() {
        groups.keySet().removeIf(ends::isSettled);
        heldAfterForgetting = groups.size();
    }

    /** By partition, the lowest offset at which something is claimed to stand that was neither met nor found missing. */
    public Map<Integer, Long> lowest() {
        Map<Integer, Long> lowest = new HashMap<>();
        open.forEach((partition, claims) -> claims.values().stream()
                .flatMap(List::stream)
                .filter(this::isOpen)
                .flatMap(claim -> claim.place().offsets().stream())
                .forEach(offset -> lowest.merge(partition, offset, Math::min)));
        return lowest;
    }

    /** Results named and neither met nor found missing. */
    public int waiting() {
        return open.values().stream()
                .flatMap(claims -> claims.values().stream())
                .mapToInt(List::size)
                .sum();
    }

    /** Receipts not held, since too many groups are named. */
    public long passedOver() {
        return passedOver;
    }
}
