package io.millrace.it;

import static io.millrace.it.TrainerRun.LIMIT;
import static io.millrace.it.TrainerRun.assertOk;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.it.TrainerProcess.Answer;
import io.millrace.trainer.TrainerWiring;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.batch.LeasedBatch;
import io.millrace.trainer.filter.GroupFilter;
import io.millrace.trainer.queue.RolloutQueue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What becomes of groups that filters drop, between real processes. */
class TrainerFilterTest {
    private static final Lineage LINEAGE = new Lineage(0);
    private static final Map<String, String> ZERO_STD = Map.of("filter", "zero-std");

    private static RolloutGroup group(TrainerRun run, long index, double std) {
        RolloutGroup plain = TestingRollouts.group(run.run, index, 1, TrainerRun.SAMPLES, Reward.of(0.5), "yes");
        GroupHeader of = plain.header();
        GroupHeader header = new GroupHeader(
                of.run(),
                of.groupIndex(),
                of.attempt(),
                of.lineage(),
                of.issueVersion(),
                of.worker(),
                of.issuedAtMs(),
                of.claimedAtMs(),
                of.finishedAtMs(),
                of.prompt(),
                of.label(),
                of.metadata(),
                new RewardStats(0.5, std),
                of.samples());
        return new RolloutGroup(header, plain.tokens(), plain.logProbs(), plain.lossMask(), plain.extras());
    }

    /** Results whose rewards do not differ. */
    private static void publishSame(TrainerRun run, long... indices) throws Exception {
        run.publish(
                LongStream.of(indices).mapToObj(index -> group(run, index, 0)).toList());
    }

    private static void publishGood(TrainerRun run, long... indices) throws Exception {
        run.publish(
                LongStream.of(indices).mapToObj(index -> group(run, index, 0.5)).toList());
    }

    private static List<Long> indices(JsonNode lease) {
        List<Long> indices = new ArrayList<>();
        lease.path("group_indices").forEach(index -> indices.add(index.longValue()));
        return indices;
    }

    @Test
    void whatIsDroppedIsCountedByReasonAndNeverInABatch() throws Exception {
        try (TrainerRun run = new TrainerRun();
                TrainerProcess trainer = run.start(ZERO_STD)) {
            publishSame(run, 0, 2, 3);
            publishGood(run, 1, 4);
            JsonNode lease = assertOk(trainer.lease(0, 20000));
            assertEquals(List.of(1L, 4L), indices(lease));
            Await.until(
                    "three groups are dropped",
                    () -> trainer.get("/v1/status").json().path("discarded").longValue() == 3,
                    LIMIT);
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(
                    3,
                    status.path("discarded_by_reason").path("filtered:zero-std").longValue(),
                    status::toString);
            assertEquals(0, status.path("discarded_by_reason").path("stale").longValue(), status::toString);
            String metrics = new String(trainer.get("/metrics").body(), StandardCharsets.UTF_8);
            assertTrue(
                    metrics.lines()
                            .anyMatch(line -> line.startsWith("millrace_trainer_discarded_groups_total")
                                    && line.contains("reason=\"filtered:zero-std\"")
                                    && line.endsWith(" 3.0")),
                    metrics);
            assertEquals(
                    List.of(0L, 2L, 3L),
                    run.records(run.topics.steps(), StepRecord.Discard.class).stream()
                            .filter(discard -> discard.reason().equals("filtered:zero-std"))
                            .map(StepRecord.Discard::groupIndex)
                            .map(GroupIndex::value)
                            .sorted()
                            .toList());
        }
    }

    @Test
    void aStrictStepTakesTheNextIndicesThatFiltersKeep() throws Exception {
        try (TrainerRun run = new TrainerRun();
                TrainerProcess trainer = run.start(Map.of("filter", "zero-std", "batch-order", "strict"))) {
            publishGood(run, 5, 4, 1);
            publishSame(run, 0, 2);
            assertStatus(202, trainer.lease(0, 0));
            publishSame(run, 3);
            JsonNode lease = assertOk(trainer.lease(0, 20000));
            assertEquals(List.of(1L, 4L), indices(lease));
        }
    }

    @Test
    void asManyGroupsAreIssuedAgainAsAreDropped(@TempDir Path folder) throws Exception {
        ProducerRun producer = new ProducerRun();
        try (TrainerRun run = new TrainerRun(producer.run);
                TrainerProcess trainer = run.start(ZERO_STD)) {
            ProducerRun.Started issuing = producer.start(
                    ProducerRun.dataSet(folder, "q", 20),
                    Map.of(
                            "batch-groups",
                            Integer.toString(TrainerRun.BATCH_GROUPS),
                            "result-partitions",
                            Integer.toString(TrainerRun.PARTITIONS)));
            long admitted = 2 * TrainerRun.BATCH_GROUPS;
            ProducerRun.await(
                    "the first groups are issued", () -> producer.committed().size() == admitted);
            publishSame(run, 0, 2, 3);
            ProducerRun.await(
                    "three further groups are issued",
                    () -> producer.committed().size() == admitted + 3);
            publishGood(run, 1, 5);
            JsonNode lease = assertOk(trainer.lease(0, 20000));
            assertEquals(List.of(1L, 5L), indices(lease));
            issuing.stop();
            assertEquals(
                    LongStream.range(0, admitted + 3).boxed().toList(), producer.committedIndices(), "issued in all");
        } finally {
            producer.close();
        }
    }

    @Test
    void aRunOfWhichAllIsFilteredTellsTheTrainerAndEnds() throws Exception {
        Map<String, String> flags = Map.of("filter", "zero-std", "max-consecutive-filtered", "5");
        try (TrainerRun run = new TrainerRun()) {
            try (TrainerProcess trainer = run.start(flags)) {
                CompletableFuture<Answer> waiting = CompletableFuture.supplyAsync(() -> {
                    try {
                        return trainer.leaseNext(60000);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
                publishSame(run, 0, 1, 2, 3, 4, 5);
                JsonNode refused = assertStatus(409, waiting.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
                String error = refused.path("error").stringValue();
                assertTrue(error.contains("(zero-std 6)") && error.contains("max-consecutive-filtered 5"), error);
                assertEquals(1, trainer.exitCode());
            }
            try (TrainerProcess again = run.start(Map.of())) {
                assertEquals(6, again.get("/v1/status").json().path("discarded").longValue());
            }
        }
    }

    @Test
    void aRunOfWhichAllIsFilteredEndsAlsoWhileNobodyAsks() throws Exception {
        try (TrainerRun run = new TrainerRun();
                TrainerProcess trainer = run.start(Map.of("filter", "zero-std", "max-consecutive-filtered", "1"))) {
            publishSame(run, 0, 1);
            assertEquals(1, trainer.exitCode());
        }
    }

    @Test
    void aLeasedGroupIsNotDroppedByAFilterThatIsSetLater() throws Exception {
        try (TrainerRun run = new TrainerRun()) {
            publishSame(run, 0, 1);
            JsonNode lease;
            try (TrainerProcess trainer = run.start(Map.of())) {
                lease = assertOk(trainer.lease(0, 20000));
            }
            publishSame(run, 2);
            try (TrainerProcess trainer = run.start(ZERO_STD)) {
                Await.until(
                        "the group that is not leased is dropped",
                        () -> trainer.get("/v1/status").json().path("discarded").longValue() == 1,
                        LIMIT);
                assertEquals(lease, assertOk(trainer.lease(0, 20000)));
                assertOk(trainer.acknowledge("{\"weight_version\": 8}"));
                assertEquals(2, trainer.get("/v1/status").json().path("trained").longValue());
            }
        }
    }

    @Test
    void aFilterOfTheTrainersOwnDropsGroupsAndItsVerdictReachesTheCaller() throws Exception {
        GroupFilter odd = new GroupFilter() {
            @Override
            public String name() {
                return "odd";
            }

            @Override
            public boolean drops(RolloutGroup group) {
                return group.header().groupIndex().value() % 2 == 1;
            }
        };
        try (TrainerRun run = new TrainerRun();
                RolloutQueue queue =
                        TrainerWiring.open(run.settings(Map.of("max-consecutive-filtered", "2")), List.of(odd))) {
            publishGood(run, 0, 1, 2);
            LeasedBatch batch = queue.lease(LINEAGE, LIMIT).orElseThrow();
            assertEquals(
                    List.of(0L, 2L),
                    batch.groups().stream()
                            .map(group -> group.header().groupIndex().value())
                            .toList());
            queue.acknowledge(batch.lease(), null);
            publishGood(run, 3, 5, 7);
            String refused = assertThrows(RolloutQueueException.class, () -> queue.lease(LINEAGE, LIMIT))
                    .getMessage();
            assertTrue(refused.contains("dropped by filters (odd "), refused);
            Await.until(
                    "later callers are told too",
                    () -> {
                        try {
                            queue.status();
                            return false;
                        } catch (RolloutQueueException e) {
                            return String.valueOf(e.getMessage()).contains("dropped by filters (odd ");
                        }
                    },
                    LIMIT);
        }
    }
}
