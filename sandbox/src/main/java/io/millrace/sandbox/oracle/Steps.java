package io.millrace.sandbox.oracle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What the {@code steps} topic says, in its order. Not thread-safe. */
final class Steps {
    /** A step of a lineage. */
    record Id(long lineage, long step) {
        @Override
        public String toString() {
            return "step " + step + (lineage == 0 ? "" : " of lineage " + lineage);
        }
    }

    /** One group of a lease. */
    record Entry(long groupIndex, long attempt, int partition, List<Long> offsets) {}

    /** The newest lease of each step. */
    final Map<Id, List<Entry>> leases = new HashMap<>();

    final List<Id> acknowledged = new ArrayList<>();
    /** Reasons by group; more than one is wrong. */
    final Map<Long, List<String>> discarded = new HashMap<>();

    final Map<Long, List<String>> abandoned = new HashMap<>();
    long rejections;
    long skips;
    long resumes;

    /** @return whether it is of a known type */
    boolean take(JsonNode record) {
        switch (record.path("type").asString("")) {
            case "lease" -> leases.put(id(record), entries(record));
            case "acknowledgement" -> acknowledged.add(id(record));
            case "discard" -> end(discarded, record, "reason");
            case "abandonment" -> end(abandoned, record, "cause");
            case "rejection" -> rejections++;
            case "skip" -> skips++;
            case "resume" -> resumes++;
            case "snapshot" -> {
                // Says again what stands before it, which was read.
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Id id(JsonNode record) {
        return new Id(record.path("lineage").longValue(), record.path("step").longValue());
    }

    private static List<Entry> entries(JsonNode lease) {
        List<Entry> entries = new ArrayList<>();
        for (JsonNode group : lease.path("groups")) {
            List<Long> offsets = new ArrayList<>();
            group.path("offsets").forEach(offset -> offsets.add(offset.longValue()));
            entries.add(new Entry(
                    group.path("group_index").longValue(),
                    group.path("attempt").longValue(),
                    group.path("partition").intValue(),
                    offsets));
        }
        return entries;
    }

    private static void end(Map<Long, List<String>> ends, JsonNode record, String why) {
        ends.computeIfAbsent(record.path("group_index").longValue(), index -> new ArrayList<>())
                .add(record.path(why).asString(""));
    }
}
