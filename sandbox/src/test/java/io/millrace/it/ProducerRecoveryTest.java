package io.millrace.it;

import static io.millrace.it.ProducerRun.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger does when attempts end without a result, against a real broker; the test's hand plays the workers. */
class ProducerRecoveryTest {
    private static final Map<String, String> QUICK = Map.of("worker-timeout", "5s", "max-attempts", "2");
    private static final WorkerIncarnation LOST = new WorkerIncarnation("w1", "a");
    private static final WorkerIncarnation LIVING = new WorkerIncarnation("w2", "a");

    @TempDir
    Path folder;

    private ProducerRun run;
    private Path dataSet;
    private final List<Future<RecordMetadata>> sent = new ArrayList<>();
    private long sequence;

    @BeforeEach
    void make() throws Exception {
        run = new ProducerRun();
        dataSet = ProducerRun.dataSet(folder, "What is ", 10);
    }

    @AfterEach
    void close() throws Exception {
        run.close();
    }

    private void status(WorkerIncarnation worker, Map<Long, Long> held) throws Exception {
        sequence++;
        run.write(
                run.topics.workers(),
                worker.key(),
                new WorkersRecord.Status(
                        worker,
                        sequence,
                        WorkersRecord.State.RUNNING,
                        0,
                        8,
                        0,
                        held.entrySet().stream()
                                .map(one -> new WorkersRecord.HeldGroup(
                                        GroupKind.TRAINING,
                                        new GroupIndex(one.getKey()),
                                        new Attempt(one.getValue()),
                                        0,
                                        0))
                                .toList(),
                        List.of(),
                        0,
                        0,
                        0,
                        0));
    }

    private void receipt(long index, long attempt, Receipt.Outcome outcome) throws Exception {
        run.write(
                run.topics.receipts(GroupKind.TRAINING),
                Long.toString(index),
                new Receipt(new GroupIndex(index), new Attempt(attempt), LOST, 2, 10, 20, 30, outcome));
    }

    private TrainingTask awaitUrgent(int count) throws Exception {
        await(count + " tasks on the urgent lane", () -> run.urgent().size() >= count);
        assertEquals(count, run.urgent().size());
        return run.urgent().getLast();
    }

    @Test
    void aLostWorkersGroupsAreIssuedAgainAndALivingOnesAreNot() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, QUICK);
        awaitCount(producer, "queued", 8);
        status(LOST, Map.of(0L, 1L, 1L, 1L));
        await("both are issued again", () -> {
            status(LIVING, Map.of(2L, 1L));
            return run.urgent().size() >= 2;
        });
        Map<Long, TrainingTask> again = new HashMap<>();
        run.urgent().forEach(task -> again.put(task.groupIndex().value(), task));
        assertEquals(List.of(0L, 1L), again.keySet().stream().sorted().toList());
        TrainingTask task = again.get(0L);
        assertEquals(new Attempt(2), task.attempt());
        assertEquals(1, task.history().losses());
        assertEquals(0, task.history().failures());
        assertEquals(AttemptHistory.Kind.LOST, task.history().ends().getFirst().kind());
        assertEquals(run.committed().getFirst().prompt(), task.prompt());
        assertEquals(7_200_000L, task.timeLimitMs());
        assertTrue(producer.status().path("caught_up").asBoolean());
        assertEquals(2, producer.status().path("attempts").path("lost").asLong());
        assertEquals(2, producer.status().path("attempts").path("reissued").asLong());
        // The worker was only frozen: its late result finishes the group all the same.
        receipt(0, 1, new Receipt.Success(0, List.of(0L), new RewardStats(1, 0)));
        awaitCount(producer, "finished", 1);
        assertNull(producer.fatal.get());
    }

    private static void awaitCount(ProducerRun.Started producer, String field, long count) throws Exception {
        await(field + " " + count + " in " + producer.status(), () -> producer.count(field) == count);
    }

    @Test
    void aFailedAttemptIsIssuedAgainAtOnceAndALateFailureOfItSaysNothing() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, QUICK);
        awaitCount(producer, "queued", 8);
        receipt(3, 1, new Receipt.Failure("engine-rejected", "too long"));
        TrainingTask again = awaitUrgent(1);
        assertEquals(new GroupIndex(3), again.groupIndex());
        assertEquals(new Attempt(2), again.attempt());
        assertEquals(
                List.of(new AttemptHistory.AttemptEnd(
                        new Attempt(1), AttemptHistory.Kind.FAILED, "engine-rejected: too long")),
                again.history().ends());
        receipt(3, 1, new Receipt.Failure("engine-rejected", "too long"));
        receipt(4, 1, new Receipt.HandedBack("the worker stops", null));
        TrainingTask handedBack = awaitUrgent(2);
        assertEquals(new GroupIndex(4), handedBack.groupIndex());
        assertEquals(1, handedBack.history().handBacks());
        assertEquals(0, handedBack.history().failures() + handedBack.history().losses());
        awaitCount(producer, "queued", 8);
    }

    @Test
    void aGroupThatUsedUpItsAttemptsIsADeadLetterWithAMarkerAndIsFilledUp() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, QUICK);
        awaitCount(producer, "queued", 8);
        receipt(5, 1, new Receipt.Failure("engine-rejected", "first"));
        awaitUrgent(1);
        receipt(5, 2, new Receipt.Failure("engine-rejected", "second"));
        await("the dead letter", () -> run.deadLetters().size() == 1);
        DeadLetter.Group letter =
                assertInstanceOf(DeadLetter.Group.class, run.deadLetters().getFirst());
        assertEquals(new GroupIndex(5), letter.task().groupIndex());
        assertEquals(2, letter.history().failures());
        assertEquals(
                List.of("engine-rejected: first", "engine-rejected: second"),
                letter.history().ends().stream()
                        .map(AttemptHistory.AttemptEnd::cause)
                        .toList());
        AbandonedMarker marker = run.markers().getFirst();
        assertEquals(new GroupIndex(5), marker.groupIndex());
        assertEquals(new Attempt(2), marker.lastAttempt());
        awaitCount(producer, "abandoning", 1);
        producer.stop();

        ProducerRun.Started second = run.start(dataSet, QUICK);
        awaitCount(second, "abandoning", 1);
        // A success that comes too late is for the trainer consumer to weigh; here it changes nothing.
        receipt(5, 1, new Receipt.Success(1, List.of(9L), new RewardStats(1, 0)));
        run.write(
                run.topics.steps(),
                "5",
                new StepRecord.Abandonment(
                        new GroupIndex(5), new Attempt(2), "used up", new StepRecord.Totals(0, 0, 1, 0)));
        await("it is filled up", () -> run.committedIndices().size() == 9);
        awaitCount(second, "abandoning", 0);
        assertEquals(1, run.deadLetters().size());
        assertEquals(1, run.markers().size());
    }

    @Test
    void theLastTaskOfAWorkerThatDiedWithoutAWordIsFoundOnceAnotherPolls() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, QUICK);
        awaitCount(producer, "queued", 8);
        String group = run.topics.shareGroup(Lane.TRAINING);
        try (ShareConsumer<byte[], byte[]> dying = run.clients.shareConsumer("test-dying", group, 1)) {
            dying.subscribe(List.of(run.topics.lane(Lane.TRAINING)));
            AtomicInteger claimed = new AtomicInteger();
            await("all claimed", () -> {
                for (ConsumerRecord<byte[], byte[]> record : dying.poll(Duration.ofMillis(500))) {
                    dying.acknowledge(record, AcknowledgeType.ACCEPT);
                    claimed.incrementAndGet();
                }
                dying.commitSync();
                return claimed.get() >= 8;
            });
        }
        try (ShareConsumer<byte[], byte[]> living = run.clients.shareConsumer("test-living", group, 1)) {
            living.subscribe(List.of(run.topics.lane(Lane.TRAINING)));
            await("all are issued again", () -> {
                assertTrue(living.poll(Duration.ofMillis(200)).isEmpty());
                return run.urgent().size() == 8;
            });
        }
    }

    @Test
    void anOlderProducerLeavesTheRunAlsoWhenIdle() throws Exception {
        ProducerRun.Started first = run.start(dataSet, QUICK);
        awaitCount(first, "queued", 8);
        ProducerRun.Started second = run.start(dataSet, QUICK);
        await(
                "the first stands by",
                () -> first.status().path("waiting_for").asString("").contains("this one stands by"));
        awaitCount(second, "queued", 8);
        assertNull(first.fatal.get());
        assertNull(second.fatal.get());
    }

    private void issueByHand(Producer<byte[], byte[]> killed, TrainingTask first) {
        TrainingTask again = first.again(
                new Attempt(2),
                first.lineage(),
                first.issueVersion(),
                0,
                AttemptHistory.NONE.with(new AttemptHistory.AttemptEnd(
                        new Attempt(1), AttemptHistory.Kind.FAILED, "engine-rejected: x")));
        killed.beginTransaction();
        sent.add(killed.send(new ProducerRecord<>(
                run.topics.lane(Lane.URGENT), 0, KafkaClients.key(again.groupIndex()), ControlCodec.encode(again))));
        killed.flush();
    }

    @Test
    void killedInTheMiddleOfAReissueEveryGroupIsIssuedAgainExactlyOnce() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, QUICK);
        awaitCount(producer, "queued", 8);
        producer.stop();
        receipt(3, 1, new Receipt.Failure("engine-rejected", "x"));
        receipt(4, 1, new Receipt.Failure("engine-rejected", "x"));
        List<TrainingTask> tasks = run.committed();
        try (Producer<byte[], byte[]> killed =
                run.clients.transactionalProducer("killed", run.topics.producerTransactionalId())) {
            killed.initTransactions();
            issueByHand(killed, tasks.get(3));
            killed.commitTransaction();
            issueByHand(killed, tasks.get(4));
            for (Future<RecordMetadata> one : sent) {
                assertTrue(one.get().hasOffset(), "also what is not committed stands on the broker");
            }
            ProducerRun.Started second = run.start(dataSet, QUICK);
            TrainingTask later = awaitUrgent(2);
            assertEquals(new GroupIndex(4), later.groupIndex());
            assertEquals(new Attempt(2), later.attempt());
            assertEquals(new GroupIndex(3), run.urgent().getFirst().groupIndex());
            // Whatever it decides next shows that it decided nothing more about these.
            receipt(5, 1, new Receipt.HandedBack("the worker stops", null));
            assertEquals(new GroupIndex(5), awaitUrgent(3).groupIndex());
            assertEquals(2, second.status().path("attempts").path("reissued").asLong());
            assertThrows(KafkaException.class, killed::commitTransaction);
        }
    }
}
