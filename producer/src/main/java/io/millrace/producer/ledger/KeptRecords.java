package io.millrace.producer.ledger;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which records of the topics that the producer trims are still needed to rebuild the ledger: those of unsettled groups.
 * A topic is cut below the lowest of them; its records are in no order of groups, so all are kept track of. Owned by
 * {@link Ledger}.
 */
final class KeptRecords {
    private record Place(TrimmedTopic topic, long offset) {}

    private final Map<TrimmedTopic, NavigableMap<Long, Long>> kept = new EnumMap<>(TrimmedTopic.class);
    private final Map<TrimmedTopic, Long> ends = new EnumMap<>(TrimmedTopic.class);
    private final Map<Long, List<Place>> places = new HashMap<>();

    KeptRecords() {
        for (TrimmedTopic topic : TrimmedTopic.values()) {
            kept.put(topic, new TreeMap<>());
            ends.put(topic, 0L);
        }
    }

    /** Everything up to this offset, exclusive, was read. */
    void read(TrimmedTopic topic, long end) {
        ends.merge(topic, end, Math::max);
    }

    /** The record is needed until its group is settled. */
    void keep(TrimmedTopic topic, long offset, long group) {
        of(topic).put(offset, group);
        places.computeIfAbsent(group, none -> new ArrayList<>(2)).add(new Place(topic, offset));
    }

    void settled(long group) {
        List<Place> gone = places.remove(group);
        if (gone != null) {
            gone.forEach(place -> of(place.topic()).remove(place.offset()));
        }
    }

    /** Every record of the topic below this offset was read and is of settled groups only, or of none. */
    long neededFrom(TrimmedTopic topic) {
        NavigableMap<Long, Long> needed = of(topic);
        return needed.isEmpty() ? ends.getOrDefault(topic, 0L) : needed.firstKey();
    }

    /** The lowest record that is needed; empty when none is. */
    OptionalLong lowest(TrimmedTopic topic) {
        NavigableMap<Long, Long> needed = of(topic);
        return needed.isEmpty() ? OptionalLong.empty() : OptionalLong.of(needed.firstKey());
    }

    private NavigableMap<Long, Long> of(TrimmedTopic topic) {
        return kept.computeIfAbsent(topic, none -> new TreeMap<>());
    }
}
