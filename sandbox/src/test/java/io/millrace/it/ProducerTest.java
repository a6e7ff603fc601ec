package io.millrace.it;

import static io.millrace.it.ProducerRun.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lifecycle.Health;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
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

/** The producer against a real broker; what counts is what read_committed consumers see. */
class ProducerTest {
    /** Batches of 4, one version ahead. */
    private static final int CAPACITY = 8;

    private static final WorkerIncarnation WORKER = new WorkerIncarnation("w1", "a");

    /** Nobody is lost in these tests, however slow the machine. */
    private static final Map<String, String> PATIENT = Map.of("worker-timeout", "10m");

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

    private static List<Long> upTo(long end) {
        return LongStream.range(0, end).boxed().toList();
    }

    private void awaitCommitted(long end) throws Exception {
        await(end + " groups committed", () -> run.committedIndices().size() >= end);
        assertEquals(upTo(end), run.committedIndices());
    }

    private static void awaitCounts(ProducerRun.Started producer, Map<String, Long> counts) throws Exception {
        await(
                counts + " in " + producer.status(),
                () -> counts.entrySet().stream().allMatch(count -> producer.count(count.getKey()) == count.getValue()));
    }

    private void step(String key, StepRecord record) throws Exception {
        run.write(run.topics.steps(), key, record);
    }

    private void train(long step, List<Long> indices, StepRecord.Totals totals) throws Exception {
        step(
                "lease",
                new StepRecord.Lease(
                        new Lineage(0),
                        new StepNumber(step),
                        new LeaseId("00000000000000aa"),
                        new WeightVersion(0),
                        0,
                        indices.stream()
                                .map(index -> new StepRecord.ManifestEntry(
                                        new GroupIndex(index), new Attempt(1), new WeightVersion(0), 0, List.of(index)))
                                .toList()));
        step(
                "ack",
                new StepRecord.Acknowledgement(
                        new Lineage(0), new StepNumber(step), new LeaseId("00000000000000aa"), null, 0, totals, null));
    }

    private void receipt(long index, Receipt.Outcome outcome) throws Exception {
        run.write(
                run.topics.receipts(GroupKind.TRAINING),
                Long.toString(index),
                new Receipt(new GroupIndex(index), new Attempt(1), WORKER, 2, 10, 20, 30, outcome));
    }

    private void status(long sequence, List<Long> held) throws Exception {
        run.write(
                run.topics.workers(),
                WORKER.key(),
                new WorkersRecord.Status(
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
                        0));
    }

    @Test
    void admissionStopsAtCapacityAndGoesOnWithANewPolicy() throws Exception {
        ProducerRun.Started producer = run.start(dataSet);
        awaitCommitted(CAPACITY);
        await(
                "the wait is shown",
                () -> producer.status().path("waiting_for").asString("").startsWith("capacity: 8"));
        Health.Part part = producer.health.parts().get("admission");
        assertEquals(Health.State.WAITING, part.state());
        assertTrue(part.detail().startsWith("capacity: 8"), part.detail());
        String metrics = producer.get("/metrics");
        for (String line : List.of(
                "millrace_producer_published_groups_total{run=\"" + run.run + "\"} 8.0",
                "millrace_producer_queue_depth{run=\"" + run.run + "\"} 8.0",
                "millrace_producer_admission_limit{run=\"" + run.run + "\"} 8.0",
                "millrace_producer_failed_attempts_total{run=\"" + run.run + "\"} 0.0")) {
            assertTrue(metrics.contains(line), () -> line + " in\n" + metrics);
        }
        assertTrue(producer.get("/status").contains("\"next_index\":8"));

        train(0, upTo(4), new StepRecord.Totals(4, 0, 0, 4));
        awaitCounts(producer, Map.of("trained", 4L, "settled", 4L));
        // Training alone admits nothing: its groups were of the present version's allowance.
        assertEquals(upTo(CAPACITY), run.committedIndices());

        run.policy(1, 4);
        awaitCommitted(CAPACITY + 4);
        List<TrainingTask> tasks = run.committed();
        assertEquals(new WeightVersion(0), tasks.get(7).issueVersion());
        assertEquals(new WeightVersion(1), tasks.get(8).issueVersion());
        // Ten rows: every row once in the first epoch, and the second has begun.
        Set<Long> rows = new HashSet<>();
        tasks.subList(0, 10).forEach(task -> rows.add(task.source().row()));
        assertEquals(10, rows.size());
        assertEquals(1, tasks.get(10).source().epoch());

        step(
                "5",
                new StepRecord.Discard(
                        new GroupIndex(5), new Attempt(1), "filtered", new StepRecord.Totals(4, 1, 0, 4)));
        awaitCommitted(CAPACITY + 5);
        awaitCounts(producer, Map.of("published", 13L, "admission_limit", 13L, "discarded", 1L));
        assertNull(producer.fatal.get());
    }

    @Test
    void aRestartContinuesAtTheNextIndex() throws Exception {
        ProducerRun.Started first = run.start(dataSet, Map.of("publish-batch-max", "3"));
        awaitCommitted(CAPACITY);
        first.stop();
        train(0, upTo(4), new StepRecord.Totals(4, 0, 0, 4));
        run.policy(1, 4);
        ProducerRun.Started second = run.start(dataSet, Map.of("publish-batch-max", "1"));
        awaitCommitted(CAPACITY + 4);
        awaitCounts(second, Map.of("published", 12L, "queued", 8L, "trained", 4L));
        second.stop();
        ProducerRun.Started third = run.start(dataSet, Map.of("groups-max", "12"));
        awaitCounts(third, Map.of("published", 12L, "queued", 8L, "trained", 4L));
        run.policy(2, 8);
        await("exhausted", () -> third.status().path("exhausted").asBoolean(false));
        assertEquals(upTo(12), run.committedIndices());
    }

    @Test
    void aChangedDataSetIsRefusedWithBothFingerprints() throws Exception {
        ProducerRun.Started producer = run.start(dataSet);
        awaitCommitted(CAPACITY);
        Path changed = ProducerRun.dataSet(folder, "How much is ", 10);
        SettingException refused = assertThrows(SettingException.class, () -> run.start(changed));
        String fingerprint =
                producer.status().path("dataset").path("fingerprint").asString("");
        assertEquals(fingerprint, run.committed().getFirst().source().fingerprint());
        String message = refused.getMessage();
        assertTrue(message.contains(fingerprint), message);
        Set<String> named = new HashSet<>(List.of(message.split("[^0-9a-f]+")));
        named.removeIf(word -> word.length() != 16);
        assertEquals(2, named.size(), message);

        // The mistaken start has not fenced the good producer.
        run.policy(1, 4);
        awaitCommitted(CAPACITY + 4);
        assertNull(producer.fatal.get());
    }

    @Test
    void aSecondProducerFencesTheFirstWhichStandsByAndTakesOverWhenTheSecondIsGone() throws Exception {
        Map<String, String> soon = Map.of("worker-timeout", "5s", "heartbeat-timeout", "2s");
        ProducerRun.Started first = run.start(dataSet, soon);
        awaitCommitted(CAPACITY);
        ProducerRun.Started second = run.start(dataSet, soon);
        run.policy(1, 4);
        await("the first stands by", () -> waits(first).contains("which has the run, to be silent for 5 s"));
        awaitCommitted(CAPACITY + 4);
        run.policy(2, 8);
        awaitCommitted(CAPACITY + 8);
        assertFalse(waits(second).contains("has the run"), () -> waits(second));

        second.stop();
        run.policy(3, 12);
        awaitCommitted(CAPACITY + 12);
        assertFalse(waits(first).contains("has the run"), () -> waits(first));
        assertNull(first.fatal.get());
        assertNull(second.fatal.get());
    }

    /** What it waits for to have the run; nothing when it has it. */
    private static String waits(ProducerRun.Started producer) {
        Health.Part part = producer.health.parts().get("producer");
        return part == null ? "" : part.detail();
    }

    @Test
    void killedMidTransactionNoIndexIsSkippedOrDoubled() throws Exception {
        ProducerRun.Started before = run.start(dataSet);
        awaitCommitted(CAPACITY);
        before.stop();
        List<TrainingTask> tasks = run.committed();
        try (Producer<byte[], byte[]> killed =
                run.clients.transactionalProducer("killed", run.topics.producerTransactionalId())) {
            killed.initTransactions();
            killed.beginTransaction();
            List<Future<RecordMetadata>> open = new ArrayList<>();
            for (long index = CAPACITY; index < CAPACITY + 2; index++) {
                TrainingTask like = tasks.getFirst();
                TrainingTask task = new TrainingTask(
                        new GroupIndex(index),
                        like.attempt(),
                        like.samples(),
                        like.lineage(),
                        like.issueVersion(),
                        0,
                        like.prompt(),
                        like.label(),
                        like.metadata(),
                        like.samplingParams(),
                        like.source(),
                        null,
                        null,
                        null);
                open.add(killed.send(new ProducerRecord<>(
                        run.topics.lane(Lane.TRAINING),
                        0,
                        KafkaClients.key(task.groupIndex()),
                        ControlCodec.encode(task))));
            }
            killed.flush();
            for (Future<RecordMetadata> sent : open) {
                assertTrue(sent.get().hasOffset(), "the unfinished transaction stands on the broker");
            }
            run.policy(1, 4);
            ProducerRun.Started producer = run.start(dataSet);
            awaitCommitted(CAPACITY + 4);
            assertThrows(KafkaException.class, killed::commitTransaction);
            run.policy(2, 8);
            awaitCommitted(CAPACITY + 8);
            awaitCounts(producer, Map.of("published", 16L));
            for (TrainingTask task : run.committed()) {
                assertNotEquals(0, task.issuedAtMs());
            }
        }
    }

    @Test
    void theLedgerFollowsReceiptsStatusAndSteps() throws Exception {
        ProducerRun.Started producer = run.start(dataSet, PATIENT);
        awaitCounts(producer, Map.of("queued", 8L, "in_flight", 0L));
        status(1, List.of(0L, 1L, 2L));
        awaitCounts(producer, Map.of("queued", 5L, "in_flight", 3L));
        receipt(0, new Receipt.Success(0, List.of(0L), new RewardStats(1, 0)));
        receipt(1, new Receipt.Success(1, List.of(0L), new RewardStats(0, 0)));
        receipt(2, new Receipt.Failure("deadline", "too slow"));
        // A generation shorter than the time between two statuses has ended whenever somebody looks.
        status(2, List.of(0L, 1L, 2L));
        awaitCounts(producer, Map.of("in_flight", 0L, "finished", 2L, "held_by_workers", 3L));
        await(
                "the gauge has what workers hold",
                () -> producer.get("/metrics")
                        .contains("millrace_producer_in_flight_groups{run=\"" + run.run + "\"} 3.0"));
        status(3, List.of());
        awaitCounts(producer, Map.of("queued", 6L, "in_flight", 0L, "finished", 2L, "failed", 0L));
        assertEquals(0.5, producer.status().path("reward_mean").asDouble());

        String group = run.topics.shareGroup(Lane.TRAINING);
        try (ShareConsumer<byte[], byte[]> worker = run.clients.shareConsumer("test-claim", group, 1)) {
            worker.subscribe(List.of(run.topics.lane(Lane.TRAINING)));
            // Three of them are known better; group 3 has left the queue and nobody says where to.
            claim(worker, 5);
            await("group 3 has left the queue", () -> producer.count("in_flight") >= 1);
            claim(worker, 3);
            // A worker with free slots goes on polling, and so takes the transaction's control record off the queue.
            await("the queue is known to be empty", () -> {
                assertTrue(worker.poll(Duration.ofMillis(100)).isEmpty());
                return producer.count("queued") == 1 && producer.count("in_flight") == 5;
            });
        }

        step("r", new StepRecord.Rejection(new GroupIndex(1), new Attempt(1), 1, 0, "no tokens"));
        awaitCounts(producer, Map.of("finished", 1L, "failed", 0L, "queued", 2L));
        step(
                "a",
                new StepRecord.Abandonment(
                        new GroupIndex(1), new Attempt(1), "rejected", new StepRecord.Totals(0, 0, 1, 0)));
        train(0, List.of(0L), new StepRecord.Totals(1, 0, 1, 2));
        receipt(0, new Receipt.Success(0, List.of(9L), new RewardStats(1, 0)));
        Map<String, Long> end = Map.of(
                "queued", 2L,
                "in_flight", 5L,
                "finished", 0L,
                "failed", 0L,
                "trained", 1L,
                "abandoned", 1L,
                "settled", 2L,
                "settled_low_water_mark", 2L,
                "published", 9L);
        awaitCounts(producer, end);
        producer.stop();

        ProducerRun.Started again = run.start(dataSet, PATIENT);
        awaitCounts(again, end);
        assertFalse(again.status().path("exhausted").asBoolean(true));
    }

    /** Takes so many tasks off the queue, as a worker does. */
    private static void claim(ShareConsumer<byte[], byte[]> worker, int tasks) throws Exception {
        AtomicInteger claimed = new AtomicInteger();
        await(tasks + " tasks claimed", () -> {
            for (ConsumerRecord<byte[], byte[]> record : worker.poll(Duration.ofMillis(500))) {
                worker.acknowledge(record, AcknowledgeType.ACCEPT);
                claimed.incrementAndGet();
            }
            worker.commitSync();
            return claimed.get() >= tasks;
        });
        assertEquals(tasks, claimed.get());
    }
}
