package io.millrace.sandbox.oracle.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Evaluations asked for and how each ended, from {@code evals} and {@code eval-results}. One owner. */
public final class Evaluations {
    /** Types of records. */
    public static final Set<String> TYPES =
            Set.of("request", "loading", "issued", "missing", "failed", "cancelled", "report");

    private static final class Seen {
        @Nullable
        JsonNode request;

        @Nullable
        JsonNode issued;

        final List<JsonNode> missing = new ArrayList<>();
        final List<JsonNode> ends = new ArrayList<>();

        /** The first one counts; null where there is none. */
        @Nullable
        JsonNode end() {
            return ends.isEmpty() ? null : ends.getFirst();
        }

        /**
         * Who cancels may not have read the end yet, and the other way round, so that a cancellation stands beside one
         * end, and beside others of its kind.
         */
        long count() {
            long others = ends.stream().filter(end -> !isCancelled(end)).count();
            return ends.isEmpty() ? 0 : Math.max(1, others);
        }
    }

    /** -1 where there is none. */
    private static long number(JsonNode record, String name) {
        return record.path(name).asLong(-1);
    }

    private static boolean isCancelled(JsonNode end) {
        return end.path("type").asString("").equals("cancelled");
    }

    private record Place(int partition, long offset) {}

    private record Attempt(long group, long attempt) {}

    private final Map<String, Seen> byId = new TreeMap<>();
    /** Results and parts of them, where they stand. */
    private final Map<Place, Attempt> standing = new HashMap<>();

    /** Indices of evaluation groups of which a result has come. */
    private final Set<Long> results = new HashSet<>();

    void take(JsonNode record) {
        Seen seen = byId.computeIfAbsent(record.path("eval_id").asString(""), id -> new Seen());
        switch (record.path("type").asString("")) {
            case "request" -> seen.request = seen.request == null ? record : seen.request;
            case "issued" -> seen.issued = seen.issued == null ? record : seen.issued;
            // A note that somebody reads its data sets, so that a crash meanwhile is counted: no end.
            case "loading" -> {}
            case "missing" -> seen.missing.add(record);
            default -> seen.ends.add(record);
        }
    }

    /**
     * A result stands there, or a part of one.
     *
     * @param first whether it is a whole group or its first part
     */
    void result(int partition, long offset, long group, long attempt, boolean first) {
        standing.put(new Place(partition, offset), new Attempt(group, attempt));
        if (first) {
            results.add(group);
        }
    }

    /** The broker has lost the results of a partition from this offset on; a report may count them all the same. */
    void vanished(int partition, long fromOffset) {
        standing.keySet().removeIf(place -> place.partition() == partition && place.offset() >= fromOffset);
    }

    public long asked() {
        return byId.size();
    }

    /** Ended with every prompt done or given up. */
    public long complete() {
        return byId.values().stream()
                .map(Seen::end)
                .filter(end -> end != null && end.path("complete").asBoolean(false))
                .count();
    }

    /** Ended without: the time was up, or the tasks could not be issued. None that was cancelled is among them. */
    public long incomplete() {
        return byId.values().stream()
                .map(Seen::end)
                .filter(end -> end != null
                        && !isCancelled(end)
                        && !end.path("complete").asBoolean(false))
                .count();
    }

    /** Each has exactly one end, which a cancellation may cross, and a report adds up to what was issued and to what has come. */
    public void judge(Consumer<String> finding) {
        byId.forEach((id, seen) -> {
            String name = "evaluation " + id;
            seen.missing.forEach(gone -> missing(name, gone, finding));
            JsonNode end = seen.end();
            if (seen.request == null) {
                finding.accept(name + " was never asked for");
            } else if (end == null || seen.count() != 1) {
                finding.accept(name + " has " + seen.count() + " ends, not 1");
            } else if (isCancelled(end)) {
                // Nobody wanted it any more, so a report that crossed it means nothing.
            } else if (end.path("type").asString("").equals("failed")) {
                if (end.path("cause").asString("").isEmpty()) {
                    finding.accept(name + " failed without a cause");
                }
            } else {
                report(name, seen.request, seen.issued, end, finding);
            }
        });
    }

    /** What is said to be missing is not there: else good work is thrown away. */
    private void missing(String name, JsonNode record, Consumer<String> finding) {
        Attempt gone = new Attempt(number(record, "group_index"), number(record, "attempt"));
        int partition = record.path("partition").asInt(-1);
        boolean stands = !record.path("offsets").isEmpty();
        for (JsonNode offset : record.path("offsets")) {
            stands &= gone.equals(standing.get(new Place(partition, offset.asLong(-1))));
        }
        if (stands) {
            finding.accept(name + " says that group " + gone.group() + ", attempt " + gone.attempt()
                    + " is missing, and it stands at eval-results-" + partition + "@" + record.path("offsets"));
        }
    }

    private void report(
            String name, JsonNode request, @Nullable JsonNode issued, JsonNode report, Consumer<String> finding) {
        long missing = 0;
        long done = 0;
        int at = 0;
        for (JsonNode set : report.path("data_sets")) {
            long groups = number(set, "groups");
            long failed = number(set, "failed");
            done += number(set, "done");
            missing += number(set, "missing");
            if (groups != number(set, "done") + failed + number(set, "missing")) {
                finding.accept(name + " has a report that does not add up: " + set);
            }
            if (failed > 0 && set.path("causes").isEmpty()) {
                finding.accept(name + " has " + failed + " groups that failed without a cause");
            }
            if (issued != null && issued.path("groups").path(at).asLong(-1) != groups) {
                finding.accept(name + " was issued with " + issued.path("groups") + " groups and reports " + groups);
            }
            at++;
        }
        boolean complete = report.path("complete").asBoolean(false);
        long tookMs = number(report, "reported_at_ms") - number(request, "requested_at_ms");
        if (complete && (missing > 0 || issued == null)) {
            finding.accept(name + " is called complete and misses " + missing + " groups");
        }
        if (!complete && tookMs < number(request, "time_limit_ms")) {
            finding.accept(name + " was given up after " + tookMs + " ms, before its time was up");
        }
        if (issued != null) {
            long from = number(issued, "first");
            long to = from
                    + issued.path("groups")
                            .valueStream()
                            .mapToLong(groups -> groups.asLong(-1))
                            .sum();
            long come = results.stream()
                    .filter(group -> group >= from && group < to)
                    .count();
            if (done > come) {
                finding.accept(name + " reports " + done + " groups done, results have come of " + come);
            }
        }
    }
}
