package io.millrace.trainer.collect;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.record.StepRecord.ManifestEntry;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * Why "the first valid thing of its partition wins" can be decided again after a restart: the results of a group all
 * stand in one partition, whose order never changes, and the collector reads it from its beginning. So the first valid
 * record met for a group is always the same one. `seen` holds every group of which such a record was met since this
 * collector began: for a settled group the first is the one that was settled, and only later ones are duplicates. The
 * count of duplicates is therefore the same however often the process starts.
 */

/**
 * Takes what comes off {@code results} and keeps, of every unsettled group, the first valid thing: metadata and offsets
 * always, payloads up to a limit. It decides; the caller makes decisions durable and settles. Not thread-safe.
 */
public final class Collector {
    private final Settlement settlement;
    private final Payloads payloads;
    private final NavigableMap<GroupIndex, Finished> finished = new TreeMap<>();
    private final SettledIndices seen = new SettledIndices();
    private long duplicates;
    private long skipped;

    /** @param payloadBytesMax how many bytes of payload are kept; 0 keeps none */
    public Collector(Settlement settlement, long payloadBytesMax) {
        this.settlement = settlement;
        this.payloads = new Payloads(payloadBytesMax);
    }

    /** Decides on one record; records of a partition come in its order. */
    public Collected accept(ResultEvent event) {
        return switch (event) {
            case ResultEvent.Arrived arrived -> arrived(arrived);
            case ResultEvent.Marker marker -> marker(marker);
            case ResultEvent.Invalid invalid -> invalid(invalid);
            case ResultEvent.Unreadable unreadable -> {
                skipped++;
                yield new Collected.Skipped(unreadable);
            }
        };
    }

    private Collected arrived(ResultEvent.Arrived arrived) {
        GroupIndex index = arrived.groupIndex();
        if (!seen.add(index)) {
            return duplicate(index);
        }
        if (settlement.isSettled(index)) {
            return new Collected.Known(index);
        }
        Finished group = Finished.of(arrived);
        finished.put(index, group);
        payloads.keep(index, arrived.payload());
        return new Collected.Won(group);
    }

    private Collected marker(ResultEvent.Marker marker) {
        GroupIndex index = marker.groupIndex();
        if (!seen.add(index)) {
            return duplicate(index);
        }
        return settlement.isSettled(index)
                ? new Collected.Known(index)
                : new Collected.Abandon(index, marker.lastAttempt(), marker.cause());
    }

    private Collected invalid(ResultEvent.Invalid invalid) {
        GroupIndex index = invalid.groupIndex();
        if (seen.contains(index)) {
            return duplicate(index);
        }
        return settlement.isSettled(index) || settlement.isRejected(index, invalid.partition(), invalid.offset())
                ? new Collected.Known(index)
                : new Collected.Reject(invalid);
    }

    private Collected duplicate(GroupIndex index) {
        duplicates++;
        return new Collected.Duplicate(index);
    }

    /** Forgets a group that was settled. */
    public void settled(GroupIndex index) {
        finished.remove(index);
        payloads.drop(index);
    }

    /** Finished and unsettled groups in ascending order; a live view, not to be changed. */
    public Collection<Finished> finished() {
        return Collections.unmodifiableCollection(finished.values());
    }

    /** @return null when no unsettled group of this index has finished */
    public @Nullable Finished finished(GroupIndex index) {
        return finished.get(index);
    }

    /**
     * The payload of a manifest entry, where it is in memory.
     *
     * @return null when it must be read from the topic
     */
    public byte @Nullable [] payload(ManifestEntry entry) {
        Finished group = finished.get(entry.groupIndex());
        return group != null && group.manifestEntry().equals(entry) ? payloads.get(entry.groupIndex()) : null;
    }

    /** Bytes of payload in memory. */
    public long payloadBytes() {
        return payloads.bytes();
    }

    /** Results and markers dropped because something of their group won before. */
    public long duplicates() {
        return duplicates;
    }

    /** Records that name no group. */
    public long skipped() {
        return skipped;
    }
}
