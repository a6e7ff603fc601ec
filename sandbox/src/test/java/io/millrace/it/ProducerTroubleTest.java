package io.millrace.it;

import static io.millrace.it.ProducerRun.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.TopicAdmin;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The producer when the broker goes away, topics hold what is not ours, and a long history lies behind it. */
class ProducerTroubleTest {
    private static final WorkerIncarnation WORKER = new WorkerIncarnation("w1", "a");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private ProducerRun run;
    private Path dataSet;

    @BeforeEach
    void make() throws Exception {
        run = new ProducerRun();
        dataSet = ProducerRun.dataSet(folder, "What is ", 10);
    }

    @AfterEach
    void close() throws Exception {
        run.close();
    }

    private static void awaitCount(ProducerRun.Started producer, String field, long count) throws Exception {
        await(field + " " + count + " in " + producer.status(), () -> producer.count(field) == count);
    }

    private static WorkersRecord.Status status(long sequence, List<Long> held) {
        return new WorkersRecord.Status(
                WORKER,
                sequence,
                WorkersRecord.State.RUNNING,
                0,
                8,
                0,
                held.stream()
                        .map(index -> new WorkersRecord.HeldGroup(
                                GroupKind.TRAINING, new GroupIndex(index), new Attempt(1), 0, 0))
                        .toList(),
                List.of(),
                0,
                0,
                0,
                0);
    }

    @Test
    void aBrokerThatGoesAwayAndComesBackOrphansNobodyAndTheProducerGoesOn() throws Exception {
        OwnBroker broker = new OwnBroker(folder);
        ProducerRun there = new ProducerRun(broker.bootstrap());
        try {
            ProducerRun.Started producer = there.start(dataSet, Map.of("worker-timeout", "5s", "broker-timeout", "2s"));
            awaitCount(producer, "queued", 8);
            there.write(there.topics.workers(), WORKER.key(), status(1, List.of(0L, 1L)));
            awaitCount(producer, "in_flight", 2);
            await("caught up", () -> producer.status().path("caught_up").asBoolean());
            // Whether this is answered before the broker goes or not is its own matter.
            there.write(
                    there.topics.receipts(GroupKind.TRAINING),
                    "7",
                    new Receipt(
                            new GroupIndex(7),
                            new Attempt(1),
                            WORKER,
                            2,
                            1,
                            1,
                            1,
                            new Receipt.Failure("engine-rejected", "x")));
            broker.close();
            await(
                    "the wait is shown",
                    () -> !producer.status().path("caught_up").asBoolean());
            assertEquals(
                    Health.State.BLOCKED, producer.health.parts().get("broker").state());
            await("the outage is longer than the worker timeout", () -> {
                Health.Part lost = producer.health.parts().get("broker");
                return System.currentTimeMillis() - lost.sinceMs() > 6_000;
            });
            broker.start();
            await("caught up again", () -> producer.status().path("caught_up").asBoolean());
            there.write(there.topics.workers(), WORKER.key(), status(2, List.of(0L, 1L)));
            there.policy(1, 4);
            awaitCount(producer, "next_index", 12);
            // A commit is answered before its readers see it.
            await(
                    "all are committed, each once",
                    () -> there.committedIndices()
                            .equals(LongStream.range(0, 12).boxed().toList()));
            await("the failed one is issued again", () -> there.urgent().size() == 1);
            assertEquals(new GroupIndex(7), there.urgent().getFirst().groupIndex());
            assertEquals(0, producer.status().path("attempts").path("lost").asLong());
            assertNull(producer.fatal.get());
        } finally {
            there.close();
            broker.close();
        }
    }

    @Test
    void aFencingWithoutANewerProducerIsTakenAsTheBrokersOwnAndResolved() throws Exception {
        ProducerRun.Started producer = run.start(dataSet);
        awaitCount(producer, "queued", 8);
        run.fence();
        run.policy(1, 4);
        awaitCount(producer, "next_index", 12);
        assertEquals(LongStream.range(0, 12).boxed().toList(), run.committedIndices());
        assertNull(producer.fatal.get());
        producer.awaitRebuilds(1);
    }

    private static final List<byte[]> GARBAGE = List.of(
            new byte[] {0, -1, 7},
            new byte[0],
            "[]".getBytes(StandardCharsets.UTF_8),
            "{\"v\":0,\"type\":\"lease\"}".getBytes(StandardCharsets.UTF_8),
            "{\"v\":1,\"type\":\"success\",\"group_index\":-5}".getBytes(StandardCharsets.UTF_8),
            "{\"v\":1,\"group_index\":-1,\"attempt\":0,\"weight_version\":-3}".getBytes(StandardCharsets.UTF_8),
            ("{\"v\":1,\"x\":\"" + "y".repeat(9 << 20) + "\"}").getBytes(StandardCharsets.UTF_8));

    private List<DeadLetter.Unreadable> unreadable() throws Exception {
        List<DeadLetter.Unreadable> letters = new ArrayList<>();
        for (DeadLetter letter : run.readableDeadLetters()) {
            if (letter instanceof DeadLetter.Unreadable one) {
                letters.add(one);
            }
        }
        return letters;
    }

    @Test
    void whatIsNotOursOnAnyTopicIsSkippedToADeadLetterOnceAndTheProducerGoesOn() throws Exception {
        ProducerRun.Started producer = run.start(dataSet);
        awaitCount(producer, "queued", 8);
        List<String> topics = List.of(
                run.topics.lane(Lane.TRAINING),
                run.topics.lane(Lane.URGENT),
                run.topics.receipts(GroupKind.TRAINING),
                run.topics.workers(),
                run.topics.steps(),
                run.topics.policy(),
                run.topics.deadLetters());
        int written = 0;
        for (String topic : topics) {
            for (byte[] garbage : GARBAGE) {
                run.writeBytes(topic, "snapshot", garbage);
                written++;
            }
            if (!topic.equals(run.topics.workers())) {
                run.writeBytes(topic, "snapshot", null);
                written++;
            }
        }
        run.policy(1, 4);
        awaitCount(producer, "next_index", 12);
        await(
                "metrics tell",
                () -> producer.get("/metrics")
                        .contains("millrace_producer_records_bad_total{run=\"" + run.run + "\",topic=\""
                                + run.topics.receipts(GroupKind.TRAINING) + "\"} 8.0"));
        producer.stop();
        int all = written;
        ProducerRun.Started second = run.start(dataSet);
        run.policy(2, 8);
        awaitCount(second, "next_index", 16);
        await("a dead letter for each", () -> unreadable().size() >= all);
        second.stop();
        ProducerRun.Started third = run.start(dataSet);
        run.policy(3, 12);
        awaitCount(third, "next_index", 20);
        third.stop();
        List<DeadLetter.Unreadable> letters = unreadable();
        assertEquals(all, letters.size());
        assertEquals(
                all,
                letters.stream()
                        .map(letter -> letter.topic() + "/" + letter.offset())
                        .distinct()
                        .count());
        assertNull(third.fatal.get());
    }

    private long begin(Admin admin, String topic) throws Exception {
        org.apache.kafka.common.TopicPartition partition = new org.apache.kafka.common.TopicPartition(topic, 0);
        return admin.listOffsets(Map.of(partition, org.apache.kafka.clients.admin.OffsetSpec.earliest()))
                .partitionResult(partition)
                .get()
                .offset();
    }

    @Test
    void recordsOfSettledGroupsAreDeletedAndARestartKnowsAllTheSame() throws Exception {
        Map<String, String> quick = Map.of("trim-interval", "100ms");
        ProducerRun.Started producer = run.start(dataSet, quick);
        awaitCount(producer, "queued", 8);
        for (long index = 0; index < 8; index++) {
            run.write(
                    run.topics.receipts(GroupKind.TRAINING),
                    Long.toString(index),
                    new Receipt(
                            new GroupIndex(index),
                            new Attempt(1),
                            WORKER,
                            2,
                            1,
                            1,
                            1,
                            new Receipt.Success(0, List.of(index), new RewardStats(1, 0))));
        }
        awaitCount(producer, "finished", 8);
        for (long index = 0; index < 8; index++) {
            boolean kept = index == 3;
            if (!kept) {
                run.write(
                        run.topics.steps(),
                        Long.toString(index),
                        new StepRecord.Discard(
                                new GroupIndex(index),
                                new Attempt(1),
                                "filtered",
                                new StepRecord.Totals(0, index < 3 ? index + 1 : index, 0, Math.min(index + 1, 3))));
            }
        }
        awaitCount(producer, "next_index", 15);
        try (Admin admin = run.clients.admin("test-admin")) {
            await(
                    "both are trimmed",
                    () -> begin(admin, run.topics.lane(Lane.TRAINING)) == 3
                            && begin(admin, run.topics.receipts(GroupKind.TRAINING)) == 3);
        }
        producer.stop();
        ProducerRun.Started second = run.start(dataSet, quick);
        awaitCount(second, "finished", 1);
        awaitCount(second, "queued", 7);
        assertEquals(15, second.count("next_index"));
        assertEquals(7, second.count("discarded"));
    }

    /** What the session before said of deletions that fail is taken back by the next, whose deletions are done. */
    @Test
    void aSessionThatEndsWhileDeletionsFailLeavesNoWordOfIt() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, Map.of("trim-interval", "300ms"));
        awaitCount(producer, "queued", 8);
        run.write(
                run.topics.steps(),
                "0",
                new StepRecord.Discard(
                        new GroupIndex(0), new Attempt(1), "filtered", new StepRecord.Totals(0, 1, 0, 1)));
        try (Admin admin = run.clients.admin("test-admin")) {
            // The broker deletes no records of a topic that it compacts.
            keeps(admin, run.topics.lane(Lane.TRAINING), "compact");
            run.write(
                    run.topics.steps(),
                    "1",
                    new StepRecord.Discard(
                            new GroupIndex(1), new Attempt(1), "filtered", new StepRecord.Totals(0, 2, 0, 2)));
            await("it fails for long", () -> deletion(producer) == Health.State.WAITING);
            run.fence();
            run.policy(1, 4);
            producer.awaitRebuilds(1);
            keeps(admin, run.topics.lane(Lane.TRAINING), "delete");
            await("no word of it", () -> deletion(producer) == Health.State.RUNNING);
            assertEquals(2, begin(admin, run.topics.lane(Lane.TRAINING)));
        }
    }

    private static Health.@Nullable State deletion(ProducerRun.Started producer) {
        Health.Part part = producer.health.parts().get("deletion");
        return part == null ? null : part.state();
    }

    private static void keeps(Admin admin, String topic, String policy) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(
                                new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, policy), AlterConfigOp.OpType.SET))))
                .all()
                .get();
    }

    @Test
    void aMillionSettledGroupsBehindItDoNotHoldUpAStart() throws Exception {
        long million = 1_000_000;
        ProducerRun like = new ProducerRun();
        Map<String, String> plain = Map.of("shuffle", "false");
        like.start(dataSet, plain);
        await("a task to copy", () -> like.committedIndices().size() == 8);
        TrainingTask first = like.committed().getFirst();
        like.close();
        try (Admin admin = run.clients.admin("test-admin")) {
            new TopicAdmin(admin, LIMIT).ensure(run.settings(dataSet, plain).topics());
        }
        TrainingTask last = new TrainingTask(
                new GroupIndex(million - 1),
                first.attempt(),
                first.samples(),
                first.lineage(),
                first.issueVersion(),
                0,
                first.prompt(),
                first.label(),
                first.metadata(),
                first.samplingParams(),
                new TrainingTask.Source(
                        first.source().fingerprint(), first.source().seed(), (million - 1) / 10, 10),
                null,
                null,
                null);
        run.write(run.topics.lane(Lane.TRAINING), last.groupIndex().toString(), last);
        StepRecord.Totals totals = new StepRecord.Totals(million, 0, 0, million);
        run.write(
                run.topics.steps(),
                StepRecord.Snapshot.KEY,
                new StepRecord.Snapshot(
                        new Lineage(0),
                        new StepNumber(250_000),
                        0,
                        new StepRecord.Acknowledgement(
                                new Lineage(0),
                                new StepNumber(249_999),
                                new LeaseId("00000000000000aa"),
                                null,
                                0,
                                totals,
                                null),
                        totals,
                        Policy.initial(),
                        List.of(new SettledIndices.Range(0, million)),
                        List.of(),
                        List.of(),
                        List.of(),
                        0,
                        List.of(),
                        0,
                        0,
                        0));
        run.policy(250_000, million);
        ProducerRun.Started producer = run.start(dataSet, plain);
        awaitCount(producer, "next_index", million + 8);
        assertEquals(million, producer.count("trained"));
        assertEquals(8, producer.count("queued"));
        // The transaction is over for its producer a moment before readers see it.
        await(
                "all stand on the lane",
                () -> run.committed().getLast().groupIndex().value() == million + 7);
        assertEquals(new WeightVersion(250_000), run.committed().getLast().issueVersion());
    }
}
