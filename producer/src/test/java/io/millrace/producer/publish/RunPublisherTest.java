package io.millrace.producer.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.Events;
import io.millrace.producer.ledger.group.Issue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Against Kafka's own in-memory clients; the real broker's turn is ProducerTest in the module sandbox. */
class RunPublisherTest {
    private static final TopicPartition PROMPTS = new TopicPartition("run.prompts", 0);

    /** Offset of group i is 2 i: a control record stands behind each. */
    private final List<TrainingTask> topic = new ArrayList<>();

    /** Positions of records that are no tasks: an odd offset is free. */
    private final List<Long> garbage = new ArrayList<>();

    private final List<Long> skipped = new ArrayList<>();
    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final PromptLog log = new PromptLog(
            this::consumer, PROMPTS.topic(), Duration.ofSeconds(5), (record, reason) -> skipped.add(record.offset()));
    private final RunPublisher publisher = publisher(2_000);

    private RunPublisher publisher(int valueBytesMax) {
        return new RunPublisher(producer, new RunTopics(new RunId("run")), 4, valueBytesMax);
    }

    private Consumer<byte[], byte[]> consumer() {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
        consumer.updateBeginningOffsets(Map.of(PROMPTS, 0L));
        long end = Math.max(0L, 2L * topic.size() - 1);
        consumer.updateEndOffsets(Map.of(PROMPTS, garbage.isEmpty() ? end : Math.max(end, garbage.getLast() + 1)));
        // Its records are gone once polled, so each poll finds all again.
        Runnable fill = new Runnable() {
            @Override
            public void run() {
                long position = consumer.position(PROMPTS);
                NavigableMap<Long, ConsumerRecord<byte[], byte[]>> records = new TreeMap<>();
                for (long offset : garbage) {
                    records.put(
                            offset, new ConsumerRecord<>(PROMPTS.topic(), 0, offset, new byte[] {1}, new byte[] {2}));
                }
                for (TrainingTask task : topic) {
                    long offset = 2 * task.groupIndex().value();
                    byte[] key = KafkaClients.key(task.groupIndex());
                    records.put(
                            offset, new ConsumerRecord<>(PROMPTS.topic(), 0, offset, key, ControlCodec.encode(task)));
                }
                records.tailMap(position).values().forEach(consumer::addRecord);
                consumer.schedulePollTask(this);
            }
        };
        consumer.schedulePollTask(fill);
        return consumer;
    }

    private static List<TrainingTask> tasks(long from, long to) {
        return LongStream.range(from, to).mapToObj(Events::task).toList();
    }

    private List<Long> from(long first) throws Exception {
        List<Long> indices = new ArrayList<>();
        log.from(new GroupIndex(first), task -> {
            assertEquals(2 * task.task().groupIndex().value(), task.offset());
            indices.add(task.task().groupIndex().value());
        });
        return indices;
    }

    private static List<RunPublisher.Item> items(long from, long to) {
        return tasks(from, to).stream()
                .<RunPublisher.Item>map(task -> new RunPublisher.Item.Task(Lane.TRAINING, task))
                .toList();
    }

    @Test
    void aBatchIsOneTransaction() {
        publisher.open();
        assertEquals(List.of(0L, 1L, 2L, 3L), publisher.publish(items(0, 4)));
        assertEquals(1, producer.commitCount());
        assertEquals("3", new String(producer.history().get(3).key(), StandardCharsets.US_ASCII));
        assertEquals(PROMPTS.topic(), producer.history().get(3).topic());
    }

    @Test
    void aLaterAttemptGoesToTheUrgentLane() {
        publisher.open();
        publisher.publish(List.of(new RunPublisher.Item.Task(Lane.URGENT, Events.task(7))));
        assertEquals("run.prompts.urgent", producer.history().getFirst().topic());
    }

    private static Decision.Abandon abandon(AttemptHistory history) {
        Issue last = new Issue(
                Lane.TRAINING,
                0,
                new Attempt(1),
                new Lineage(0),
                new WeightVersion(0),
                0,
                0,
                AttemptHistory.NONE,
                null);
        return new Decision.Abandon(new GroupIndex(6), last, new Attempt(2), history, "1 attempts failed");
    }

    @Test
    void aGroupOfAnEvaluationIsGivenUpByMarkerAndReceiptOfItsKind() {
        publisher.open();
        publisher.publish(List.of(
                new RunPublisher.Item.Abandonment(GroupKind.EVALUATION, abandon(AttemptHistory.NONE), Events.task(6))));
        assertEquals(1, producer.commitCount());
        assertEquals(
                List.of("run.eval-results", "run.eval-receipts"),
                producer.history().stream().map(ProducerRecord::topic).toList());
    }

    @Test
    void aGroupIsGivenUpByDeadLetterMarkerAndReceiptInOneTransaction() throws Exception {
        publisher.open();
        AttemptHistory history = AttemptHistory.NONE.with(
                new AttemptHistory.AttemptEnd(new Attempt(1), AttemptHistory.Kind.FAILED, "no engine"));
        DeadLetter.Group letter = new DeadLetter.Group(Events.task(6), "1 attempts failed", history);
        publisher.publish(
                List.of(new RunPublisher.Item.Abandonment(GroupKind.TRAINING, abandon(history), Events.task(6))));
        assertEquals(1, producer.commitCount());
        ProducerRecord<byte[], byte[]> dead = producer.history().get(0);
        ProducerRecord<byte[], byte[]> marker = producer.history().get(1);
        assertEquals("run.dead-letters", dead.topic());
        assertEquals(letter, ControlCodec.decode(dead.value(), DeadLetter.class));
        assertEquals("run.results", marker.topic());
        assertEquals(2, marker.partition());
        assertEquals("6", new String(marker.key(), StandardCharsets.US_ASCII));
        assertEquals(ResultHeaders.Type.ABANDONED, ResultHeaders.readType(marker.headers()));
        assertEquals(
                new AbandonedMarker(new GroupIndex(6), new Attempt(1), "1 attempts failed"),
                ControlCodec.decode(marker.value(), AbandonedMarker.class));
        ProducerRecord<byte[], byte[]> receipt = producer.history().get(2);
        assertEquals("run.receipts", receipt.topic());
        // The in-memory client answers with partition 0 whatever the record says.
        assertEquals(
                Receipt.abandoned(new GroupIndex(6), new Attempt(2), 0, 0),
                ControlCodec.decode(receipt.value(), Receipt.class));
    }

    @Test
    void aCommitThatIsNotAnsweredLeavesItsOutcomeOpen() {
        publisher.open();
        producer.commitTransactionException = new TimeoutException("no answer");
        assertThrows(TimeoutException.class, () -> publisher.publish(items(4, 7)));
    }

    /** As a log that loses everything each time: whatever is sent stands at offset 0. */
    private static final class Forgetful extends MockProducer<byte[], byte[]> {
        Forgetful() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
            var _ = super.send(record);
            TopicPartition partition = new TopicPartition(record.topic(), 0);
            return CompletableFuture.completedFuture(new RecordMetadata(partition, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void whatGoesWhereTasksStoodOnALaneIsNotCommitted() {
        for (Lane lane : Lane.values()) {
            Forgetful forgetful = new Forgetful();
            RunPublisher one = new RunPublisher(forgetful, new RunTopics(new RunId("run")), 4, 2_000);
            one.open();
            one.publish(List.of(new RunPublisher.Item.Task(lane, Events.task(7))));
            assertThrows(
                    TruncatedLogException.class,
                    () -> one.publish(List.of(new RunPublisher.Item.Task(lane, Events.task(8)))));
            assertEquals(1, forgetful.commitCount(), lane::toString);
        }
    }

    @Test
    void whatGoesBelowWhereALaneEndedWhenItWasReadIsNotCommitted() {
        RunTopics topics = new RunTopics(new RunId("run"));
        Map<String, RunPublisher.Item> lanes = Map.of(
                topics.lane(Lane.TRAINING), new RunPublisher.Item.Task(Lane.TRAINING, Events.task(7)),
                topics.lane(Lane.URGENT), new RunPublisher.Item.Task(Lane.URGENT, Events.task(7)),
                topics.lane(Lane.EVALUATION), new RunPublisher.Item.Task(Lane.EVALUATION, Events.task(7)));
        lanes.forEach((lane, item) -> {
            Forgetful forgetful = new Forgetful();
            RunPublisher one = new RunPublisher(forgetful, topics, 4, 2_000);
            one.open();
            one.wasReadTo(new TopicPartition(lane, 0), 5);
            assertThrows(TruncatedLogException.class, () -> one.publish(List.of(item)), lane);
            assertEquals(0, forgetful.commitCount(), lane);
        });
    }

    @Test
    void aTaskAboveTheRecordLimitNamesItsLineAndTheSetting() {
        RunPublisher small = publisher(100);
        small.open();
        String message = assertThrows(IllegalStateException.class, () -> small.publish(items(8, 9)))
                .getMessage();
        assertTrue(message.contains("group 8 (line 9)") && message.contains("--record-size-max is 100"), message);
        assertEquals(0, producer.history().size());
    }

    @Test
    void aLaterAttemptAboveTheRecordLimitKeepsItsCountsOnly() throws Exception {
        AttemptHistory history = AttemptHistory.NONE.with(
                new AttemptHistory.AttemptEnd(new Attempt(1), AttemptHistory.Kind.LOST, "x".repeat(500)));
        TrainingTask first = Events.task(3);
        TrainingTask again = first.again(new Attempt(2), first.lineage(), first.issueVersion(), 0, history);
        RunPublisher tight = publisher(ControlCodec.encode(first).length);
        tight.open();
        tight.publish(List.of(new RunPublisher.Item.Task(Lane.URGENT, again)));
        TrainingTask sent = ControlCodec.decode(producer.history().getFirst().value(), TrainingTask.class);
        assertEquals(1, sent.history().losses());
        assertEquals(List.of(), sent.history().ends());
    }

    @Test
    void theLogIsReadFromTheGroupAskedForHoweverLongItIs() throws Exception {
        assertEquals(null, log.last());
        assertEquals(List.of(), from(0));
        topic.addAll(tasks(0, 2_500));
        assertEquals(2_499, log.last().task().groupIndex().value());
        assertEquals(2_500, from(0).size());
        for (long first : new long[] {1, 1_300, 2_499}) {
            List<Long> read = from(first);
            assertEquals(first, read.getFirst());
            assertEquals(2_500 - first, read.size());
        }
        assertEquals(List.of(), from(2_500));
    }

    @Test
    void recordsThatAreNoTasksArePassedOver() throws Exception {
        topic.addAll(tasks(0, 2_500));
        garbage.addAll(LongStream.range(0, 2_700).map(i -> 2 * i + 1).boxed().toList());
        assertEquals(2_499, log.last().task().groupIndex().value());
        List<Long> read = from(1_300);
        assertEquals(1_200, read.size());
        assertTrue(skipped.size() >= 1_400 && skipped.contains(5_399L), () -> "skipped " + skipped.size());
        List<Long> all = new ArrayList<>();
        log.all(task -> all.add(task.offset()));
        assertEquals(2_500, all.size());
    }
}
