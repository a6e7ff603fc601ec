package io.millrace.sandbox.oracle;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Evaluations asked for and how each ended, from {@code evals} and {@code eval-results}. One owner. */
final class Evaluations {
    private static final class Seen {
        @Nullable
        JsonNode request;

        @Nullable
        JsonNode issued;

        final List<JsonNode> ends = new ArrayList<>();
    }

    private final Map<String, Seen> byId = new TreeMap<>();
    /** Indices of evaluation groups of which a result has come. */
    private final Set<Long> results = new HashSet<>();

    void take(JsonNode record) {
        Seen seen = byId.computeIfAbsent(record.path("eval_id").asString(""), id -> new Seen());
        switch (record.path("type").asString("")) {
            case "request" -> seen.request = seen.request == null ? record : seen.request;
            case "issued" -> seen.issued = seen.issued == null ? record : seen.issued;
            // A note that somebody reads its data sets, so that a crash meanwhile is counted: no end.
            case "loading" -> {}
            default -> seen.ends.add(record);
        }
    }

    void result(long group) {
        results.add(group);
    }

    long asked() {
        return byId.size();
    }

    /** Ended with every prompt done or given up. */
    long complete() {
        return ended("complete", true);
    }

    /** Ended without: the time was up, or the tasks could not be issued. */
    long incomplete() {
        return byId.size() - complete();
    }

    private long ended(String field, boolean value) {
        return byId.values().stream()
                .filter(seen -> seen.ends.size() == 1
                        && seen.ends.getFirst().path(field).asBoolean(!value) == value)
                .count();
    }

    /** Each has exactly one end, and a report adds up to what was issued and to what has come. */
    void judge(Consumer<String> finding) {
        byId.forEach((id, seen) -> {
            String name = "evaluation " + id;
            if (seen.request == null) {
                finding.accept(name + " was never asked for");
            } else if (seen.ends.size() != 1) {
                finding.accept(name + " has " + seen.ends.size() + " ends, not 1");
            } else if (seen.ends.getFirst().path("type").asString("").equals("failed")) {
                if (seen.ends.getFirst().path("cause").asString("").isEmpty()) {
                    finding.accept(name + " failed without a cause");
                }
            } else {
                report(name, seen.request, seen.issued, seen.ends.getFirst(), finding);
            }
        });
    }

    private void report(
            String name, JsonNode request, @Nullable JsonNode issued, JsonNode report, Consumer<String> finding) {
        long missing = 0;
        long done = 0;
        int at = 0;
        for (JsonNode set : report.path("data_sets")) {
            long groups = set.path("groups").asLong(-1);
            long failed = set.path("failed").asLong(-1);
            done += set.path("done").asLong(-1);
            missing += set.path("missing").asLong(-1);
            if (groups
                    != set.path("done").asLong(-1)
                            + failed
                            + set.path("missing").asLong(-1)) {
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
        long tookMs = report.path("reported_at_ms").asLong(-1)
                - request.path("requested_at_ms").asLong(-1);
        if (complete && (missing > 0 || issued == null)) {
            finding.accept(name + " is called complete and misses " + missing + " groups");
        }
        if (!complete && tookMs < request.path("time_limit_ms").asLong(-1)) {
            finding.accept(name + " was given up after " + tookMs + " ms, before its time was up");
        }
        if (issued != null) {
            long first = issued.path("first").asLong(-1);
            long end = first;
            for (JsonNode groups : issued.path("groups")) {
                end += groups.asLong(-1);
            }
            long from = first;
            long to = end;
            long come = results.stream()
                    .filter(group -> group >= from && group < to)
                    .count();
            if (done > come) {
                finding.accept(name + " reports " + done + " groups done, results have come of " + come);
            }
        }
    }
}
