package io.millrace.trainer.collect;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.wire.PackedGroup;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * Why "the first valid thing of its partition wins" can be decided again after a restart: the results of a group all
 * stand in one partition, whose order never changes. `seen` holds every group of which a valid thing was met, so the
 * first one met wins and later ones are duplicates.
 *
 * A restart does not read from the beginning but from the last snapshot's `from`, and the snapshot says which groups
 * were settled. Take a record of group g at offset o of a partition that had been read up to `to` when the snapshot was
 * made:
 * - g was settled then. What settled it stands below `to` and is not read again, so `seen` begins with all groups that
 *   were settled then, and the record is not the first of its group. If o < to, it was counted then. If o >= to, it is a
 *   duplicate that nobody has counted.
 * - g was not settled then. `from` is not above the first record that g still needs (of its result, or of parts that are
 *   not whole), so the first valid thing of g is met again before any other of g. It wins again; unless g was settled
 *   since, which the ledger knows, and then it is known. A later one is a duplicate, counted then if o < to.
 * This needs that whatever was settled then stands below `to`, so a process makes no snapshot before it has read again
 * all that stood on the topic when it started. So the count is the snapshot's plus the duplicates at or above `to`, and it is the same however often the process
 * starts.
 *
 * Rejections and skips are on record with their place, so a record read again is known by it; a rejection with its
 * attempt too, since a log that lost its tail gives the place to another record. A rejection that is not
 * kept in the snapshot stands below `from` and is not read again.
 *
 * Parts count once for all of them: a group of which something has won takes no further part, and the part with the
 * highest number stands for the result. What was won is the same in every reading, and so is the count. Parts that never
 * become whole are held as long as their group is not won and there is room.
 */

/*
 * A group can be taken back: its result won, is past the bound on staleness, and a newer attempt is out. Its record is
 * then rejected by its place, and known by it when it is read again; the group is open, and the next valid thing of it
 * wins. That takes that nothing of the group was passed over since the result won, or the newer attempt's own result may
 * be among it: then the group is not alone and is not taken back. So that this comes out the same after a restart,
 * whatever was passed over for a group that still waits is read again, too: parts of another result that were held when
 * this one won stand before it, anything else behind.
 */

/*
 * A result with tokens newer than the run's weights is decided on when it arrives, by the policy of that moment, and not
 * by that of a later start: if it was refused, the rejection is on record with its place; if it was kept, the versions
 * have only risen since, or a resumption has discarded it, which is on record, too. It does not win, so the next valid
 * thing of its group does.
 */

/**
 * Takes what comes off {@code results} and keeps, of every unsettled group, the first valid thing: metadata and offsets
 * always, payloads up to a limit. It decides; the caller makes decisions durable and settles. Not thread-safe.
 */
public final class Collector {
    private final Settlement settlement;
    private final Payloads payloads;
    private final FinishedGroups finished = new FinishedGroups();
    private final SettledIndices seen = new SettledIndices();
    /** Of those, the ones that were taken back and of which nothing has come since. */
    private final Set<GroupIndex> takenBack = new HashSet<>();
    /** Finished groups of which more was passed over, and the first offset of that. */
    private final Map<GroupIndex, Long> more = new HashMap<>();
    /** By partition: what stands below was counted before this collector began. */
    private final Map<Integer, Long> countedTo = new HashMap<>();

    private long duplicates;

    /**
     * @param payloadBytesMax how many bytes of payload are kept; 0 keeps none
     * @param snapshot the last one; null when there is none, and all of {@code results} is read
     */
    public Collector(Settlement settlement, long payloadBytesMax, @Nullable Snapshot snapshot) {
        this.settlement = settlement;
        this.payloads = new Payloads(payloadBytesMax);
        if (snapshot != null) {
            seen.restore(snapshot.settled());
            duplicates = snapshot.duplicates();
            snapshot.results().forEach(read -> countedTo.put(read.partition(), read.to()));
        }
    }

    /** Decides on one record; records of a partition come in its order. */
    public Verdict accept(ResultEvent event) {
        return switch (event) {
            case ResultEvent.Result result -> result(result);
            case ResultEvent.PartsRepeated repeated -> duplicate(repeated.groupIndex(), repeated);
            case ResultEvent.PartPassed part -> {
                passedOver(part.groupIndex(), part.offset());
                yield new Verdict.Passed(part.groupIndex());
            }
            case ResultEvent.Marker marker -> marker(marker);
            case ResultEvent.Invalid invalid -> invalid(invalid);
            case ResultEvent.Unreadable unreadable ->
                settlement.isSkipped(unreadable.partition(), unreadable.offset())
                        ? new Verdict.Known(unreadable)
                        : new Verdict.Skipped(unreadable);
        };
    }

    private Verdict result(ResultEvent.Result result) {
        FinishedGroup group = result.group();
        GroupIndex index = group.groupIndex();
        if (settlement.isRejected(index, group.attempt(), group.partition(), group.offset())) {
            return new Verdict.Known(result);
        }
        if (hasWon(index)) {
            return duplicate(index, result);
        }
        if (settlement.isSettled(index)) {
            var _ = isFirst(index);
            return new Verdict.Known(result);
        }
        boolean lost = settlement.isLost(group.lineage(), group.newestVersion());
        // The log has lost the result that is leased; as with a marker, this one counts when the lease is void.
        if (lost && settlement.isLeased(index)) {
            return duplicate(index, result);
        }
        String ahead = lost ? null : settlement.ahead(group.lineage(), group.newestVersion());
        if (ahead != null) {
            return new Verdict.Reject(new ResultEvent.Invalid(
                    index, group.attempt(), group.partition(), group.offset(), ResultEvent.Flaw.AHEAD, ahead));
        }
        var _ = isFirst(index);
        if (lost) {
            return new Verdict.Lost(group);
        }
        finished.add(group);
        payloads.keep(index, result.content(), result.bytes());
        return new Verdict.Won(group, result.content());
    }

    private Verdict marker(ResultEvent.Marker marker) {
        GroupIndex index = marker.groupIndex();
        // One that comes before the result of a leased group: the log has lost that, and another attempt was given up.
        // When the step turns out unreadable its lease is void, all is read again, and then the marker settles the
        // group.
        if (settlement.isLeased(index) || !isFirst(index)) {
            return duplicate(index, marker);
        }
        return settlement.isSettled(index)
                ? new Verdict.Known(marker)
                : new Verdict.Abandon(index, marker.lastAttempt(), marker.cause());
    }

    private Verdict invalid(ResultEvent.Invalid invalid) {
        GroupIndex index = invalid.groupIndex();
        if (hasWon(index)) {
            return duplicate(index, invalid);
        }
        return settlement.isSettled(index)
                        || settlement.isRejected(index, invalid.attempt(), invalid.partition(), invalid.offset())
                ? new Verdict.Known(invalid)
                : new Verdict.Reject(invalid);
    }

    private boolean isFirst(GroupIndex index) {
        return takenBack.remove(index) || seen.add(index);
    }

    /**
     * Something of a group stands on the topic that is of no use since another result has won.
     *
     * @param offset of its record, or of its first
     */
    public void passedOver(GroupIndex index, long offset) {
        if (finished.contains(index)) {
            more.merge(index, offset, Math::min);
        }
    }

    private Verdict duplicate(GroupIndex index, ResultEvent event) {
        passedOver(index, event.offset());
        if (event.offset() < countedTo.getOrDefault(event.partition(), 0L)) {
            return new Verdict.Known(event);
        }
        duplicates++;
        return new Verdict.Duplicate(index);
    }

    /** Whether something of this group has won, so that no further result of it is of use. */
    public boolean hasWon(GroupIndex index) {
        return seen.contains(index) && !takenBack.contains(index);
    }

    /** Whether the result that won is all that was read of its group. */
    public boolean isAlone(FinishedGroup group) {
        return !more.containsKey(group.groupIndex());
    }

    /** Takes back a group that is alone, whose result was rejected: the next valid thing of it wins. */
    public void takeBack(FinishedGroup group) {
        if (!group.equals(finished.get(group.groupIndex())) || !isAlone(group)) {
            throw new IllegalStateException("group " + group.groupIndex() + " cannot be taken back");
        }
        settled(group.groupIndex());
        takenBack.add(group.groupIndex());
    }

    /** Forgets a group that was settled. */
    public void settled(GroupIndex index) {
        finished.remove(index);
        payloads.drop(index);
        more.remove(index);
        takenBack.remove(index);
    }

    /**
     * Finished groups that a new lineage gives up: of older ones, or with tokens that nobody will announce any more.
     *
     * @param version it begins with
     */
    public List<FinishedGroup> lost(WeightVersion version) {
        return finished.all().stream()
                .filter(group -> settlement.isLost(group.lineage(), group.newestVersion())
                        || group.newestVersion().compareTo(version) > 0)
                .toList();
    }

    /** Finished and unsettled groups in ascending order; a live view, not to be changed. */
    public Collection<FinishedGroup> finished() {
        return finished.all();
    }

    /** The same, by all that a choice among them asks for. */
    public FinishedGroups finishedGroups() {
        return finished;
    }

    /** How many of those have tokens of a newer version than this. */
    public int finishedAhead(WeightVersion version) {
        return finished.ahead(version);
    }

    /** @return null when no unsettled group of this index has finished */
    public @Nullable FinishedGroup finished(GroupIndex index) {
        return finished.get(index);
    }

    /**
     * By partition, the first record that a finished group needs, or that was passed over for it.
     *
     * @return partitions of which none is needed are absent
     */
    public Map<Integer, Long> neededFrom() {
        Map<Integer, Long> from = new HashMap<>();
        for (FinishedGroup group : finished.all()) {
            group.offsets().forEach(offset -> from.merge(group.partition(), offset, Math::min));
            Long passedOver = more.get(group.groupIndex());
            if (passedOver != null) {
                from.merge(group.partition(), passedOver, Math::min);
            }
        }
        return from;
    }

    /**
     * The content of a manifest entry, where it is in memory.
     *
     * @return null when it must be read from the topic
     */
    public @Nullable PackedGroup payload(ManifestEntry entry) {
        FinishedGroup group = finished.get(entry.groupIndex());
        return group != null && group.manifestEntry().equals(entry) ? payloads.get(entry.groupIndex()) : null;
    }

    /** Bytes of payload in memory. */
    public long payloadBytes() {
        return payloads.bytes();
    }

    /** Results and markers dropped in the run because something of their group won before. */
    public long duplicates() {
        return duplicates;
    }
}
