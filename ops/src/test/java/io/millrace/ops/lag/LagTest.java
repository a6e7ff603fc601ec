package io.millrace.ops.lag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.ops.cluster.WorkerStatuses;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LagTest {
    private static final long NOW_MS = 1_000_000;
    /** By the clock of its writer, which is an hour ahead of the broker's. */
    private static final long WRITTEN_MS = NOW_MS + 3_600_000;

    private static Lag.Queue lane(long records, Optional<Long> brokerLag) {
        return new Lag.Queue("r.prompts", brokerLag, records, records == 0 ? null : NOW_MS - 7_000);
    }

    private static Lag lag(
            Lag.Queue prompts,
            long published,
            StepRecord.Totals totals,
            long inFlight,
            Lag.@Nullable Appended<StepRecord.Lease> lease,
            Lag.@Nullable Appended<StepRecord.Acknowledgement> acknowledgement) {
        Lag.Queue urgent = new Lag.Queue("r.prompts.urgent", Optional.empty(), 2, NOW_MS);
        return new Lag(
                new RunId("r"),
                prompts,
                urgent,
                new Lag.Queue("r.prompts.eval", Optional.empty(), 0, null),
                published,
                totals,
                List.of(),
                inFlight,
                lease,
                acknowledgement,
                null,
                Flow.UNKNOWN,
                NOW_MS);
    }

    private static Lag.Appended<StepRecord.Lease> lease(long lineage, long step) {
        StepRecord.Lease lease = new StepRecord.Lease(
                new Lineage(lineage),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(step),
                WRITTEN_MS,
                List.of(new StepRecord.ManifestEntry(
                        new GroupIndex(1), new Attempt(1), new WeightVersion(0), 0, List.of(4L))));
        return new Lag.Appended<>(lease, NOW_MS - 2_500);
    }

    private static Lag.Appended<StepRecord.Acknowledgement> acknowledgement(long lineage, long step) {
        StepRecord.Acknowledgement acknowledgement = new StepRecord.Acknowledgement(
                new Lineage(lineage),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                null,
                WRITTEN_MS,
                StepRecord.Totals.NONE,
                null);
        return new Lag.Appended<>(acknowledgement, NOW_MS - 4_000);
    }

    @Test
    void withoutAnAcknowledgementEveryRecordIsQueued() {
        assertEquals(9, lane(9, Optional.empty()).queued());
    }

    @Test
    void transactionMarkersInTheBrokersLagAreNotTasks() {
        assertEquals(9, lane(9, Optional.of(18L)).queued());
    }

    @Test
    void tasksTakenBehindAGapAreNotQueued() {
        assertEquals(1, lane(400, Optional.of(1L)).queued());
    }

    @Test
    void whatIsNowhereElseWaitsAsAResult() {
        Lag lag = lag(lane(10, Optional.of(10L)), 100, new StepRecord.Totals(30, 2, 1, 20), 25, null, null);
        assertEquals(12, lag.queued());
        assertEquals(100 - 33 - 12 - 25, lag.resultsWaiting());
    }

    @Test
    void figuresReadAtDifferentMomentsNeverGiveANegativeCount() {
        Lag lag = lag(lane(10, Optional.of(10L)), 10, new StepRecord.Totals(8, 0, 0, 8), 5, null, null);
        assertEquals(0, lag.resultsWaiting());
    }

    @Test
    void aLeaseAfterTheLastAcknowledgementIsBeingTrained() {
        Lag.Queue prompts = lane(0, Optional.of(0L));
        assertEquals(
                "trains step 4 (1 groups) since 2.5 s",
                lag(prompts, 0, StepRecord.Totals.NONE, 0, lease(0, 4), acknowledgement(0, 3))
                        .trainer());
        assertEquals(
                "waits for a batch; step 4 acknowledged 4.0 s ago",
                lag(prompts, 0, StepRecord.Totals.NONE, 0, lease(0, 4), acknowledgement(0, 4))
                        .trainer());
        assertTrue(lag(prompts, 0, StepRecord.Totals.NONE, 0, lease(1, 0), acknowledgement(0, 9))
                .trainer()
                .startsWith("trains step 0"));
        assertEquals(
                "has had no step yet",
                lag(prompts, 0, StepRecord.Totals.NONE, 0, null, null).trainer());
    }

    @Test
    void theTrainerWaitsFromItsAcknowledgementToItsNextStep() {
        Lag.Queue prompts = lane(0, Optional.of(0L));
        assertEquals(
                4_000,
                lag(prompts, 0, StepRecord.Totals.NONE, 0, lease(0, 4), acknowledgement(0, 4))
                        .trainerWaitsMs());
        assertNull(lag(prompts, 0, StepRecord.Totals.NONE, 0, lease(0, 5), acknowledgement(0, 4))
                .trainerWaitsMs());
        assertNull(lag(prompts, 0, StepRecord.Totals.NONE, 0, null, null).trainerWaitsMs());
    }

    @Test
    void howLongTheRestTakesIsKnownOnlyWhereSomethingMoves() {
        assertNull(lag(lane(10, Optional.of(10L)), 100, StepRecord.Totals.NONE, 0, null, null)
                .drainMs());
        assertEquals(20_000, busy(null).drainMs());
    }

    /** One worker at work, one step leased. */
    private static Lag busy(Lag.@Nullable Appended<Policy> policy) {
        WorkersRecord.Status status = new WorkersRecord.Status(
                new WorkerIncarnation("w1", "a"),
                7,
                WorkersRecord.State.RUNNING,
                WRITTEN_MS,
                64,
                60,
                List.of(
                        new WorkersRecord.HeldGroup(
                                GroupKind.TRAINING, new GroupIndex(5), new Attempt(1), WRITTEN_MS - 30_000, 3),
                        new WorkersRecord.HeldGroup(
                                GroupKind.EVALUATION, new GroupIndex(5), new Attempt(1), NOW_MS, 0)),
                List.of(),
                41,
                1,
                330,
                9_000);
        return new Lag(
                new RunId("r"),
                lane(9, Optional.of(9L)),
                new Lag.Queue("r.prompts.urgent", Optional.empty(), 0, null),
                new Lag.Queue("r.prompts.eval", Optional.empty(), 4, NOW_MS),
                60,
                new StepRecord.Totals(32, 0, 0, 32),
                List.of(new WorkerStatuses.Seen(status, NOW_MS - 1_200)),
                1,
                lease(0, 1),
                acknowledgement(0, 0),
                policy,
                new Flow(0.5, 0.25, 3_000L, new WorkersRecord.Wanted(2, "slots are full")),
                NOW_MS);
    }

    @Test
    void theTableSaysWhatWaitsWhereAndWhoWorks() {
        Lag lag = busy(null);
        List<String> lines = LagView.lines(lag);
        assertEquals("run r: 60 groups published, 32 trained, 0 discarded, 0 abandoned", lines.getFirst());
        assertEquals("as of 1970-01-01T00:16:40Z, when the newest record came; ages are up to then", lines.get(1));
        assertTrue(
                lines.contains("queued                9   7.0 s  r.prompts, not yet taken by a worker"),
                lines.toString());
        assertTrue(
                lines.contains("w1      running  60/64              1  31.2 s        41       1  1.2 s ago"),
                lines.toString());
        assertTrue(
                lines.contains("evaluations           5   0.0 s  r.prompts.eval, 4 of them not yet taken"),
                lines.toString());
        assertTrue(
                lines.contains(
                        "0.50 groups generated a second, 0.25 trained; 10 left to generate, which takes 20.0 s at that"
                                + " pace"),
                lines.toString());
        assertTrue(lines.contains("workers wanted 2: slots are full"), lines.toString());
        LagView view = LagView.of(lag);
        assertEquals(1, view.inFlight(), "evaluations are in no sum");
        assertEquals(18, view.resultsWaiting());
    }

    @Test
    void theJsonIsAsProgramsKnowIt() throws IOException {
        Policy policy = new Policy(new Lineage(1), new WeightVersion(7), 32, Policy.State.UPDATING, WRITTEN_MS);
        String golden;
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream("/golden/lag.json"))) {
            golden = new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertEquals(
                golden.strip(),
                Json.MAPPER.writeValueAsString(LagView.of(busy(new Lag.Appended<>(policy, NOW_MS - 9_000)))));
        assertFalse(
                Json.MAPPER.writeValueAsString(LagView.of(busy(null))).contains("lineage"),
                "nothing was announced yet");
    }
}
