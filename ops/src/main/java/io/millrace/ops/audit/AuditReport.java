package io.millrace.ops.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.millrace.common.id.RunId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the audit of a run came to.
 *
 * @param producerAlive whether its heartbeats reach up to the newest record on {@code workers}, but for the grace
 * @param newestStatusMs the broker's time of that record; null where there is none
 * @param admitted groups published: indices from 0 on
 * @param settled how those ended that have
 * @param unsettled where the others stand
 * @param badRecords records that are not ours, by topic
 * @param deadLetters records on {@code dead-letters}
 * @param findingsCount all findings; {@code findings} holds the first of them
 * @param group everything known of one group, for people; empty unless asked for
 */
@JsonPropertyOrder({"run", "clean"})
record AuditReport(
        RunId run,
        boolean producerAlive,
        @Nullable Long newestStatusMs,
        long admitted,
        @JsonUnwrapped StepAccount.Settled settled,
        @JsonUnwrapped Standing unsettled,
        Map<String, Long> badRecords,
        long deadLetters,
        long findingsCount,
        List<Finding> findings,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> group) {
    AuditReport {
        findings = List.copyOf(findings);
        group = List.copyOf(group);
    }

    /**
     * How many groups that are admitted and not settled stand where.
     *
     * @param leased of the finished ones, those of the step that is leased
     */
    record Standing(long queued, long inFlight, long toBeReissued, long finished, long leased, long lost) {
        static Standing of(Map<Place, Long> places, long leased) {
            return new Standing(
                    places.getOrDefault(Place.QUEUED, 0L),
                    places.getOrDefault(Place.IN_FLIGHT, 0L),
                    places.getOrDefault(Place.TO_BE_REISSUED, 0L),
                    places.getOrDefault(Place.FINISHED, 0L),
                    leased,
                    places.getOrDefault(Place.NOWHERE, 0L));
        }
    }

    @JsonProperty
    boolean clean() {
        return findingsCount == 0;
    }

    List<String> lines(@Nullable Long asked) {
        List<String> lines = new ArrayList<>();
        lines.add("run " + run + ", lineage " + settled.lineage() + ", next step " + settled.nextStep() + ", producer "
                + (newestStatusMs == null
                        ? "not seen"
                        : (producerAlive ? "alive" : "not seen") + " at " + Instant.ofEpochMilli(newestStatusMs)
                                + ", when a worker or producer was last heard of"));
        lines.add(line(admitted, "groups admitted"));
        lines.add(line(settled.trained(), "trained"));
        lines.add(line(settled.discarded(), "discarded " + (settled.discarded() == 0 ? "" : settled.discardReasons())));
        lines.add(line(settled.abandoned(), "abandoned"));
        lines.add(line(
                unsettled.finished(),
                String.format(Locale.ROOT, "finished, %,d of them in the leased step", unsettled.leased())));
        lines.add(line(unsettled.inFlight(), "in flight"));
        lines.add(line(unsettled.toBeReissued(), "to be reissued by the ledger"));
        lines.add(line(unsettled.queued(), "queued"));
        lines.add(line(unsettled.lost(), "lost"));
        lines.add("results rejected " + settled.rejections() + ", dead letters " + deadLetters
                + ", records that are not ours " + (badRecords.isEmpty() ? "none" : badRecords.toString()));
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

    private static String line(long groups, String what) {
        return String.format(Locale.ROOT, "%,14d  %s", groups, what);
    }
}
