package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands on the compacted {@code workers} topic. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = WorkersRecord.Status.class, name = "worker"),
    @JsonSubTypes.Type(value = WorkersRecord.LedgerHeartbeat.class, name = "ledger")
})
public sealed interface WorkersRecord extends ControlRecord {
    /** The key of the ledger's own heartbeat. */
    String LEDGER_KEY = "ledger";

    /** Whether a worker takes work. */
    enum State {
        RUNNING,
        DRAINING,
        STOPPED
    }

    /**
     * A worker's status, every 2 s and at each change of state; key: {@link WorkerIncarnation#key()}.
     *
     * @param sequence rises by one with each status of this incarnation
     * @param sentAtMs wall clock at the worker; for people, never for judging liveness
     * @param slots how many samples it may have in flight
     * @param slotsInUse how many it has in flight
     * @param groups every group it holds: claimed, not yet receipted
     * @param samplesFinished since its start
     * @param responseTokens since its start
     */
    record Status(
            WorkerIncarnation worker,
            long sequence,
            State state,
            long sentAtMs,
            int slots,
            int slotsInUse,
            List<HeldGroup> groups,
            List<EngineStatus> engines,
            long groupsFinished,
            long groupsFailed,
            long samplesFinished,
            long responseTokens)
            implements WorkersRecord {
        public Status {
            groups = List.copyOf(groups);
            engines = List.copyOf(engines);
        }

        /** Every group of this kind it holds. */
        public List<HeldGroup> held(GroupKind kind) {
            return groups.stream().filter(group -> group.kind() == kind).toList();
        }
    }

    /**
     * A group in a worker's hands.
     *
     * @param claimedAtMs wall clock at the worker
     * @param samplesDone how many of its samples have ended
     */
    record HeldGroup(GroupKind kind, GroupIndex groupIndex, Attempt attempt, long claimedAtMs, int samplesDone) {}

    /**
     * An engine as a worker sees it.
     *
     * @param inFlight requests of this worker under way there
     * @param weightVersion what it last answered with, where it tells
     */
    record EngineStatus(
            String address,
            boolean healthy,
            int inFlight,
            @Nullable String weightVersion) {}

    /**
     * Written by the ledger and read back by it, to know that it is caught up; key {@link #LEDGER_KEY}.
     *
     * @param workersWanted null where it does not say
     */
    record LedgerHeartbeat(
            String incarnation,
            long sequence,
            long sentAtMs,
            @Nullable Wanted workersWanted) implements WorkersRecord {}

    /**
     * How many workers the run could use.
     *
     * @param why in words
     */
    record Wanted(int workers, String why) {}
}
