package io.millrace.ops.audit;

import io.millrace.common.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the audit of a run came to.
 *
 * @param producerAlive whether its heartbeats reach up to the newest record on {@code workers}, but for the grace
 * @param newestStatusMs the broker's time of that record; empty where there is none
 * @param admitted groups published: indices from 0 on
 * @param trained also of replayed steps once; the same for the other ends
 * @param unsettled how many admitted groups stand where
 * @param leased groups of the step that is leased
 * @param badRecords records that are not ours, by topic
 * @param deadLetters records on {@code dead-letters}
 * @param findingsCount all findings; {@code findings} holds the first of them
 * @param group everything known of one group, for people; empty unless asked for
 */
record AuditReport(
        String run,
        boolean producerAlive,
        OptionalLong newestStatusMs,
        long admitted,
        long trained,
        long discarded,
        long abandoned,
        Map<String, Long> discardReasons,
        Map<Place, Long> unsettled,
        long leased,
        long lineage,
        long nextStep,
        Map<Long, Long> stepsByLineage,
        long rejections,
        Map<String, Long> badRecords,
        long deadLetters,
        List<Finding> findings,
        long findingsCount,
        List<String> group) {
    AuditReport {
        findings = List.copyOf(findings);
        group = List.copyOf(group);
    }

    /**
     * The same with findings more.
     *
     * @param standing how many admitted groups stand where
     */
    AuditReport and(List<Finding> more, Map<Place, Long> standing) {
        List<Finding> all = Stream.concat(findings.stream(), more.stream())
                .limit(StepAccount.FINDINGS_MAX)
                .toList();
        return new AuditReport(
                run,
                producerAlive,
                newestStatusMs,
                admitted,
                trained,
                discarded,
                abandoned,
                discardReasons,
                standing,
                leased,
                lineage,
                nextStep,
                stepsByLineage,
                rejections,
                badRecords,
                deadLetters,
                all,
                findingsCount + more.size(),
                group);
    }

    boolean clean() {
        return findingsCount == 0;
    }

    private long in(Place place) {
        return unsettled.getOrDefault(place, 0L);
    }

    ObjectNode json() {
        ObjectNode json = Json.object();
        json.put("run", run);
        json.put("clean", clean());
        json.put("producer_alive", producerAlive);
        newestStatusMs.ifPresent(newest -> json.put("newest_status_ms", newest));
        json.put("admitted", admitted);
        json.put("trained", trained);
        json.put("discarded", discarded);
        json.set("discard_reasons", Json.MAPPER.valueToTree(discardReasons));
        json.put("abandoned", abandoned);
        json.put("queued", in(Place.QUEUED));
        json.put("in_flight", in(Place.IN_FLIGHT));
        json.put("to_be_reissued", in(Place.TO_BE_REISSUED));
        json.put("finished", in(Place.FINISHED));
        json.put("leased", leased);
        json.put("lost", in(Place.NOWHERE));
        json.put("lineage", lineage);
        json.put("next_step", nextStep);
        json.set("steps_by_lineage", Json.MAPPER.valueToTree(stepsByLineage));
        json.put("rejections", rejections);
        json.set("bad_records", Json.MAPPER.valueToTree(badRecords));
        json.put("dead_letters", deadLetters);
        json.put("findings_count", findingsCount);
        ArrayNode list = json.putArray("findings");
        for (Finding finding : findings) {
            ObjectNode one = list.addObject().put("kind", finding.kind().name().toLowerCase(Locale.ROOT));
            Long index = finding.group();
            if (index != null) {
                one.put("group", index);
            }
            one.put("detail", finding.detail());
        }
        if (!group.isEmpty()) {
            group.forEach(json.putArray("group")::add);
        }
        return json;
    }

    List<String> lines(@Nullable Long asked) {
        List<String> lines = new ArrayList<>();
        lines.add("run " + run + ", lineage " + lineage + ", next step " + nextStep + ", producer "
                + (newestStatusMs.isEmpty()
                        ? "not seen"
                        : (producerAlive ? "alive" : "not seen") + " at "
                                + Instant.ofEpochMilli(newestStatusMs.getAsLong())
                                + ", when a worker or producer was last heard of"));
        lines.add(String.format(Locale.ROOT, "%,14d  groups admitted", admitted));
        lines.add(String.format(Locale.ROOT, "%,14d  trained", trained));
        lines.add(String.format(Locale.ROOT, "%,14d  discarded %s", discarded, discarded == 0 ? "" : discardReasons));
        lines.add(String.format(Locale.ROOT, "%,14d  abandoned", abandoned));
        lines.add(String.format(
                Locale.ROOT, "%,14d  finished, %,d of them in the leased step", in(Place.FINISHED), leased));
        lines.add(String.format(Locale.ROOT, "%,14d  in flight", in(Place.IN_FLIGHT)));
        lines.add(String.format(Locale.ROOT, "%,14d  to be reissued by the ledger", in(Place.TO_BE_REISSUED)));
        lines.add(String.format(Locale.ROOT, "%,14d  queued", in(Place.QUEUED)));
        lines.add(String.format(Locale.ROOT, "%,14d  lost", in(Place.NOWHERE)));
        lines.add("results rejected " + rejections + ", dead letters " + deadLetters + ", records that are not ours "
                + (badRecords.isEmpty() ? "none" : badRecords.toString()));
        if (asked != null) {
            lines.add("group " + asked + ":" + (group.isEmpty() ? " nothing is known of it" : ""));
            group.forEach(line -> lines.add("  " + line));
        }
        for (Finding finding : findings) {
            lines.add("FOUND " + finding.kind().name().toLowerCase(Locale.ROOT)
                    + (finding.group() == null ? "" : ", group " + finding.group()) + ": " + finding.detail());
        }
        if (findingsCount > findings.size()) {
            lines.add("and " + (findingsCount - findings.size()) + " findings more");
        }
        lines.add(clean() ? "clean: nothing lost, doubled or contradictory" : findingsCount + " findings");
        return lines;
    }
}
