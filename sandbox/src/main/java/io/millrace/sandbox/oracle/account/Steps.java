package io.millrace.sandbox.oracle.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the {@code steps} topic says, in its order. Not thread-safe. */
public final class Steps {
    /** Types of records; a snapshot says again what stands before it, which was read. */
    public static final Set<String> TYPES = Set.of(
            "lease",
            "lease_void",
            "acknowledgement",
            "discard",
            "abandonment",
            "rejection",
            "missing",
            "skip",
            "resume",
            "snapshot");

    /** A step of a lineage. */
    public record Id(long lineage, long step) {
        @Override
        public String toString() {
            return "step " + step + (lineage == 0 ? "" : " of lineage " + lineage);
        }
    }

    /** A result of a group, as a lease or a record of what is missing names it. */
    public record Entry(long groupIndex, long attempt, int partition, List<Long> offsets) {}

    /**
     * Groups handed over together.
     *
     * @param id tells it from another lease of the same step, made because that one was void
     * @param weightVersion of the run at hand-over
     * @param offset of the run's version from what the trainer and its engines call it
     */
    public record Lease(String id, long weightVersion, long offset, List<Entry> groups) {}

    /**
     * A lineage opened from a checkpoint.
     *
     * @param step the first of the lineage
     * @param weightVersion that it begins with
     * @param replayBefore steps below it are the recorded ones again
     * @param weightsGoOn whether versions are only counted anew, and no future was given up
     */
    public record Resume(long lineage, long step, long weightVersion, long replayBefore, boolean weightsGoOn) {}

    /**
     * The end of a group.
     *
     * @param lineage of the run when it was decided
     * @param weightVersion of the run when it was decided
     */
    public record End(long attempt, String reason, long lineage, long weightVersion) {}

    /** Every lease of each step, in order. */
    final Map<Id, List<Lease>> leases = new HashMap<>();

    /** The lease by which each step was acknowledged. */
    private final Map<Id, String> acknowledgedBy = new HashMap<>();

    public final List<Id> acknowledged = new ArrayList<>();
    /** Ends by group; more than one is wrong. */
    public final Map<Long, List<End>> discarded = new TreeMap<>();

    public final Map<Long, List<End>> abandoned = new TreeMap<>();
    public final Map<Long, Resume> resumes = new TreeMap<>();

    /** Results that were said to stand nowhere; not those that a trainer could not read back. */
    public final List<Entry> missing = new ArrayList<>();

    public long rejections;
    private long lineage;
    private long weightVersion;

    void take(JsonNode record) {
        switch (record.path("type").asString("")) {
            case "lease" -> {
                leases.computeIfAbsent(id(record), step -> new ArrayList<>())
                        .add(new Lease(
                                record.path("lease_id").asString(""),
                                number(record, "weight_version"),
                                record.path("version_offset").asLong(0),
                                record.path("groups")
                                        .valueStream()
                                        .map(Steps::entry)
                                        .toList()));
                weightVersion = number(record, "weight_version");
            }
            case "acknowledgement" -> {
                acknowledged.add(id(record));
                acknowledgedBy.put(id(record), record.path("lease_id").asString(""));
                if (record.path("new_weight_version").isNumber()) {
                    weightVersion = number(record, "new_weight_version");
                }
            }
            case "discard" -> end(discarded, record, "attempt", "reason");
            case "abandonment" -> end(abandoned, record, "last_attempt", "cause");
            case "rejection" -> rejections++;
            case "missing" -> missing(record);
            case "resume" -> resume(record);
            default -> {
                // A void lease is not acknowledged, what is skipped is no group's. Others are named where they were
                // read.
            }
        }
    }

    private void missing(JsonNode record) {
        if (!record.path("reason").asString("").equals("unreadable")) {
            missing.add(entry(record));
        }
    }

    private void resume(JsonNode record) {
        Resume resume = new Resume(
                number(record, "lineage"),
                number(record, "step"),
                number(record, "weight_version"),
                number(record, "replay_before"),
                record.path("weights_go_on").asBoolean(false));
        lineage = resume.lineage();
        resumes.put(lineage, resume);
        weightVersion = resume.weightVersion();
    }

    /** The lease with this id; null where none stands. */
    @Nullable
    public Lease lease(Id id, String lease) {
        return leases.getOrDefault(id, List.of()).stream()
                .filter(each -> each.id().equals(lease))
                .findFirst()
                .orElse(null);
    }

    /** By which a step was acknowledged; null where none stands. */
    @Nullable
    public Lease acknowledgedLease(Id id) {
        return lease(id, acknowledgedBy.getOrDefault(id, "none"));
    }

    /** Whether a step is one that stood recorded when its lineage was opened. */
    public boolean isReplay(Id id) {
        Resume resume = resumes.get(id.lineage());
        return resume != null && id.step() < resume.replayBefore();
    }

    /** The lease that a replayed step must be the same as; null where none stands. */
    @Nullable
    public Lease replayed(Id id) {
        for (long before = id.lineage() - 1; before >= 0; before--) {
            Lease lease = acknowledgedLease(new Id(before, id.step()));
            if (lease != null) {
                return lease;
            }
        }
        return null;
    }

    /** -1 where there is none. */
    private static long number(JsonNode record, String name) {
        return record.path(name).asLong(-1);
    }

    private static Id id(JsonNode record) {
        return new Id(number(record, "lineage"), number(record, "step"));
    }

    private static Entry entry(JsonNode group) {
        return new Entry(
                number(group, "group_index"),
                number(group, "attempt"),
                group.path("partition").intValue(),
                group.path("offsets")
                        .valueStream()
                        .map(offset -> offset.asLong(-1))
                        .toList());
    }

    private void end(Map<Long, List<End>> ends, JsonNode record, String attempt, String why) {
        ends.computeIfAbsent(number(record, "group_index"), index -> new ArrayList<>())
                .add(new End(number(record, attempt), record.path(why).asString(""), lineage, weightVersion));
    }
}
