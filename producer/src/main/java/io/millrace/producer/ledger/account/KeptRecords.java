package io.millrace.producer.ledger.account;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Which records of the topics that the producer trims are still needed to rebuild the ledger: those of unsettled groups.
 * A topic is cut below the lowest of them; its records are in no order of groups, so all are kept track of. One offset may
 * be needed for several groups: a log that has lost its tail gives it out again. Owned by the ledger.
 */
public final class KeptRecords {
    private record Place(TrimmedTopic topic, long offset) {}

    private record Needed(long offset, long group) {
        static final Comparator<Needed> ORDER =
                Comparator.comparingLong(Needed::offset).thenComparingLong(Needed::group);
    }

    private final Map<TrimmedTopic, NavigableSet<Needed>> kept = new EnumMap<>(TrimmedTopic.class);
    private final Map<TrimmedTopic, Long> ends = new EnumMap<>(TrimmedTopic.class);
    private final Map<Long, List<Place>> places = new HashMap<>();

    public KeptRecords() {
        for (TrimmedTopic topic : TrimmedTopic.values()) {
            kept.put(topic, new TreeSet<>(Needed.ORDER));
            ends.put(topic, 0L);
        }
    }

    /** Everything up to this offset, exclusive, was read. */
    public void read(TrimmedTopic topic, long end) {
        ends.merge(topic, end, Math::max);
    }

    /** The record is needed until its group is settled. */
    public void keep(TrimmedTopic topic, long offset, long group) {
        of(topic).add(new Needed(offset, group));
        places.computeIfAbsent(group, none -> new ArrayList<>(2)).add(new Place(topic, offset));
    }

    public void settled(long group) {
        List<Place> gone = places.remove(group);
        if (gone != null) {
            gone.forEach(place -> of(place.topic()).remove(new Needed(place.offset(), group)));
        }
    }

    /** Every record of the topic below this offset was read and is of settled groups only, or of none. */
    public long neededFrom(TrimmedTopic topic) {
        NavigableSet<Needed> needed = of(topic);
        return needed.isEmpty()
                ? ends.getOrDefault(topic, 0L)
                : needed.getFirst().offset();
    }

    /** The lowest record that is needed; empty when none is. */
    public OptionalLong lowest(TrimmedTopic topic) {
        NavigableSet<Needed> needed = of(topic);
        return needed.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(needed.getFirst().offset());
    }

    private NavigableSet<Needed> of(TrimmedTopic topic) {
        return kept.computeIfAbsent(topic, none -> new TreeSet<>(Needed.ORDER));
    }
}
