package io.millrace.ops.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SampleTiming;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.topics.Lane;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class GroupLifeTest {
    private static final RunId RUN = new RunId("demo");
    private static final GroupIndex GROUP = new GroupIndex(7);
    private static final LeaseId LEASE = new LeaseId("00000000000000aa");
    private static final StepRecord.Totals TOTALS = new StepRecord.Totals(1, 0, 0, 0);
    /** The broker's; the workers' clocks are wrong by hours. */
    private static final long T0 = 1_750_000_000_000L;

    private final GroupLife life = new GroupLife(GROUP);

    private static TrainingTask task(long attempt, AttemptHistory past) {
        return new TrainingTask(
                GROUP,
                new Attempt(attempt),
                2,
                new Lineage(0),
                new WeightVersion(3),
                5,
                new Prompt.Text("2+2?"),
                "4",
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("f", 0, 0, 1),
                null,
                past,
                null);
    }

    private static SampleHeader sample(long index, double reward) {
        return new SampleHeader(
                index,
                1,
                3,
                "four",
                Reward.of(reward),
                SampleStatus.COMPLETED,
                "stop",
                List.of(new VersionSpan(new WeightVersion(3), 0, 3)),
                SpanProvenance.SPANS,
                List.of(),
                "s",
                "http://gpu:1",
                1,
                0,
                0,
                null);
    }

    private static GroupHeader result(String worker, long claimedMs, long tookMs, List<SampleTiming> timings) {
        return new GroupHeader(
                RUN,
                GROUP,
                new Attempt(2),
                new Lineage(0),
                new WeightVersion(3),
                new WorkerIncarnation(worker, "i"),
                5,
                claimedMs,
                claimedMs + tookMs,
                new Prompt.Text("2+2?"),
                "4",
                Json.object(),
                new RewardStats(0.5, 0.5),
                List.of(sample(14, 1), sample(15, 0)),
                timings);
    }

    private static StepRecord.Lease lease(long step, LeaseId id, long group) {
        return new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(step),
                id,
                new WeightVersion(3),
                0,
                List.of(new StepRecord.ManifestEntry(
                        new GroupIndex(group), new Attempt(2), new WeightVersion(3), 3, List.of(4L))));
    }

    private static StepRecord.Acknowledgement ack(long step, LeaseId id) {
        return new StepRecord.Acknowledgement(
                new Lineage(0), new StepNumber(step), id, new WeightVersion(4), 5, TOTALS, null);
    }

    /** Lost at one worker, finished by another, leased and trained. */
    private void aWholeLife() {
        AttemptHistory lost = AttemptHistory.NONE.with(new AttemptHistory.AttemptEnd(
                new Attempt(1), AttemptHistory.Kind.LOST, "worker a has sent no status for 10 s"));
        life.task(Lane.TRAINING, task(1, null), T0);
        life.task(Lane.URGENT, task(2, lost), T0 + 12_000);
        life.result(
                result(
                        "b",
                        99,
                        3_000,
                        List.of(
                                new SampleTiming(0, 100, 400L, 2_000L, 2_010L),
                                new SampleTiming(1, 1_000, null, 2_900L, 2_990L))),
                T0 + 16_000);
        life.receipt(
                new Receipt(
                        GROUP,
                        new Attempt(2),
                        new WorkerIncarnation("b", "i"),
                        2,
                        2,
                        6,
                        3_000,
                        new Receipt.Success(3, List.of(4L), new RewardStats(0.5, 0.5))),
                T0 + 16_005);
        life.step(lease(4, new LeaseId("00000000000000bb"), 8), T0 + 16_500);
        life.step(lease(5, LEASE, 7), T0 + 17_000);
        life.step(lease(5, LEASE, 7), T0 + 17_500);
        life.step(ack(4, new LeaseId("00000000000000bb")), T0 + 18_000);
        life.step(ack(5, LEASE), T0 + 20_000);
    }

    @Test
    void aLifeIsToldInOrderByTheBrokersClockAlone() {
        aWholeLife();
        assertEquals("""
                group 7 of run demo: trained in step 5 of lineage 0, weight version 4
                admitted 2025-06-15T15:06:40Z, 20.000 s in all, by the broker's clock
                after      who               what
                +0.000 s   producer          admitted at weight version 3, 2 samples
                +12.000 s  producer          issued again, attempt 2 at weight version 3, for attempt 1 lost: worker a has sent no status for 10 s
                +13.000 s  b                 attempt 2 is claimed
                +13.100 s  b                 sample 0 has its slot; first token after 0.300 s; ends after 1.900 s with 3 tokens (stop); judged after 1.910 s, reward 1
                +14.000 s  b                 sample 1 has its slot; ends after 1.900 s with 3 tokens (stop); judged after 1.990 s, reward 0
                +16.000 s  b                 attempt 2 is published: 6 tokens of weight versions 3 to 3, mean reward 0.5
                +16.005 s  b                 attempt 2 is acknowledged: its receipt is there
                +17.000 s  trainer consumer  leased in step 5 of lineage 0 at weight version 3
                +20.000 s  trainer consumer  trained in step 5 of lineage 0, weight version 4""", String.join("\n", Timeline.lines(RUN, GROUP, life)));
    }

    @Test
    void whatWentWrongIsTold() {
        life.task(Lane.TRAINING, task(1, null), T0);
        life.receipt(ended(1, "a", 700, new Receipt.Failure("deadline", "too\nlate")), T0 + 1_000);
        life.receipt(ended(2, "b", 500, new Receipt.HandedBack("the worker stops", null)), T0 + 2_000);
        life.step(new StepRecord.Rejection(GROUP, new Attempt(3), 3, 4, "tokens from the future"), T0 + 3_000);
        life.step(
                new StepRecord.Missing(GROUP, new Attempt(4), 3, List.of(9L), StepRecord.Missing.Why.NOT_THERE),
                T0 + 4_000);
        life.step(lease(5, LEASE, 7), T0 + 5_000);
        life.step(new StepRecord.LeaseVoid(new Lineage(0), new StepNumber(5), "cannot be read"), T0 + 6_000);
        life.step(ack(5, LEASE), T0 + 6_500);
        life.step(new StepRecord.Discard(GROUP, new Attempt(4), "zero-std", TOTALS), T0 + 7_000);
        String text = String.join("\n", Timeline.lines(RUN, GROUP, life));
        assertTrue(text.startsWith("group 7 of run demo: discarded: zero-std\n"), text);
        assertLine(text, "+0.300 s  a                 attempt 1 is claimed");
        assertLine(text, "+1.000 s  a                 attempt 1 failed: deadline: too late");
        assertLine(text, "+2.000 s  b                 attempt 2 is handed back: the worker stops");
        assertLine(text, "+3.000 s  trainer consumer  the result of attempt 3 is rejected: tokens from the future");
        assertLine(
                text,
                "+4.000 s  trainer consumer  the result of attempt 4 is missing: nothing of the attempt stands there");
        assertLine(text, "+6.000 s  trainer consumer  its lease is void: cannot be read");
        assertLine(text, "+7.000 s  trainer consumer  discarded: zero-std");
        assertTrue(!text.contains("trained"), text);
    }

    private static void assertLine(String text, String line) {
        assertTrue(text.lines().anyMatch(line::equals), line + " in\n" + text);
    }

    private static Receipt ended(long attempt, String worker, long tookMs, Receipt.Outcome outcome) {
        return new Receipt(GROUP, new Attempt(attempt), new WorkerIncarnation(worker, "i"), 2, 0, 0, tookMs, outcome);
    }

    @Test
    void aGroupInFlightIsWhereItsWorkerSays() {
        life.task(Lane.TRAINING, task(1, null), T0);
        WorkersRecord.HeldGroup held = new WorkersRecord.HeldGroup(GroupKind.TRAINING, GROUP, new Attempt(1), 40, 1);
        life.held(
                new WorkersRecord.Status(
                        new WorkerIncarnation("a", "i"),
                        1,
                        WorkersRecord.State.RUNNING,
                        2_040,
                        4,
                        2,
                        List.of(held),
                        List.of(),
                        0,
                        0,
                        0,
                        0),
                held,
                T0 + 5_000);
        String text = String.join("\n", Timeline.lines(RUN, GROUP, life));
        assertTrue(text.startsWith("group 7 of run demo: not settled yet\n"), text);
        assertLine(text, "+3.000 s  a         attempt 1 is claimed");
        assertLine(text, "+5.000 s  a         attempt 1 is in flight as of its newest status: 1 samples done");
    }

    /** The form that Chrome's document of its trace event format asks of complete, instant and metadata events. */
    @Test
    void theTraceHasTheDocumentedForm() {
        aWholeLife();
        JsonNode trace = PerfettoTrace.json(RUN, GROUP, life);
        Map<String, Integer> phases = new HashMap<>();
        for (JsonNode event : trace.get("traceEvents")) {
            phases.merge(event.get("ph").asString(), 1, Integer::sum);
            assertTrue(event.get("pid").isInt() && event.get("tid").isInt(), event.toString());
            switch (event.get("ph").asString()) {
                case "X" ->
                    assertTrue(
                            event.get("ts").asLong() >= T0 * 1_000
                                    && event.get("dur").asLong() >= 0,
                            event.toString());
                case "i" ->
                    assertTrue(
                            event.get("ts").asLong() >= T0 * 1_000
                                    && event.get("s").asString().equals("t"),
                            event.toString());
                default -> assertTrue(!event.get("args").get("name").asString().isEmpty(), event.toString());
            }
        }
        assertEquals(9, phases.get("i"));
        assertEquals(9, phases.get("X"), "queued, attempt, 5 of samples, waits, leased");
        assertEquals("ms", trace.get("displayTimeUnit").asString());
    }
}
