package io.millrace.producer.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.TrainingTask;
import io.millrace.producer.ledger.Events;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Against Kafka's own in-memory clients; the real broker's turn is ProducerTest in the module sandbox. */
class PromptPublisherTest {
    private static final TopicPartition PROMPTS = new TopicPartition("run.prompts", 0);

    /** Offset of group i is 2 i: a control record stands behind each. */
    private final List<TrainingTask> topic = new ArrayList<>();

    private final List<MockProducer<byte[], byte[]>> made = new ArrayList<>();
    private final PromptLog log = new PromptLog(this::consumer, PROMPTS.topic(), Duration.ofSeconds(5));
    private final AtomicInteger unanswered = new AtomicInteger();
    private final PromptPublisher publisher = new PromptPublisher(
            this::producer, log, PROMPTS.topic(), "run.producer", 2_000, unanswered::incrementAndGet);

    private Consumer<byte[], byte[]> consumer() {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
        consumer.updateBeginningOffsets(Map.of(PROMPTS, 0L));
        consumer.updateEndOffsets(Map.of(PROMPTS, Math.max(0L, 2L * topic.size() - 1)));
        // Its records are gone once polled, so each poll finds all again.
        Runnable fill = new Runnable() {
            @Override
            public void run() {
                long position = consumer.position(PROMPTS);
                for (TrainingTask task : topic) {
                    long offset = 2 * task.groupIndex().value();
                    if (offset >= position) {
                        consumer.addRecord(new ConsumerRecord<>(
                                PROMPTS.topic(),
                                0,
                                offset,
                                KafkaClients.key(task.groupIndex()),
                                ControlCodec.encode(task)));
                    }
                }
                consumer.schedulePollTask(this);
            }
        };
        consumer.schedulePollTask(fill);
        return consumer;
    }

    private Producer<byte[], byte[]> producer() {
        MockProducer<byte[], byte[]> producer =
                new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        made.add(producer);
        return producer;
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

    @Test
    void aBatchIsOneTransaction() throws Exception {
        publisher.open();
        PromptPublisher.Outcome.Committed committed =
                assertInstanceOf(PromptPublisher.Outcome.Committed.class, publisher.publish(tasks(0, 5)));
        assertEquals(5, committed.tasks().size());
        assertEquals(4, committed.tasks().getLast().offset());
        assertEquals(1, made.getFirst().commitCount());
        assertEquals(
                "3", new String(made.getFirst().history().get(3).key(), java.nio.charset.StandardCharsets.US_ASCII));
    }

    @Test
    void aCommitOfUnknownOutcomeThatStandsIsTakenAsPublished() throws Exception {
        publisher.open();
        topic.addAll(tasks(0, 7));
        made.getFirst().commitTransactionException = new TimeoutException("no answer");
        PromptPublisher.Outcome.Committed committed =
                assertInstanceOf(PromptPublisher.Outcome.Committed.class, publisher.publish(tasks(4, 7)));
        assertEquals(
                List.of(8L, 10L, 12L),
                committed.tasks().stream().map(PublishedTask::offset).toList());
        assertEquals(2, made.size());
        assertTrue(made.getFirst().closed());
        assertTrue(made.getLast().transactionInitialized());
        assertEquals(1, unanswered.get());
    }

    @Test
    void aCommitOfUnknownOutcomeThatDoesNotStandIsToBePublishedAgain() throws Exception {
        publisher.open();
        topic.addAll(tasks(0, 4));
        made.getFirst().commitTransactionException = new TimeoutException("no answer");
        assertInstanceOf(PromptPublisher.Outcome.NotCommitted.class, publisher.publish(tasks(4, 7)));
        assertInstanceOf(PromptPublisher.Outcome.Committed.class, publisher.publish(tasks(4, 7)));
        assertEquals(1, made.getLast().commitCount());
    }

    @Test
    void halfATransactionOnTheTopicIsRefused() throws Exception {
        publisher.open();
        topic.addAll(tasks(0, 6));
        made.getFirst().commitTransactionException = new TimeoutException("no answer");
        assertThrows(IllegalStateException.class, () -> publisher.publish(tasks(4, 7)));
    }

    @Test
    void aFencedProducerSaysWhoHasTheRun() throws Exception {
        publisher.open();
        made.getFirst().commitTransactionException = new KafkaException(new ProducerFencedException("newer epoch"));
        String message = assertThrows(FencedException.class, () -> publisher.publish(tasks(0, 1)))
                .getMessage();
        assertTrue(message.contains("a newer producer has taken the run"), message);
    }

    @Test
    void aRefusalForGoodIsNotTriedAgain() throws Exception {
        publisher.open();
        made.getFirst().commitTransactionException = new TopicAuthorizationException(PROMPTS.topic());
        assertThrows(TopicAuthorizationException.class, () -> publisher.publish(tasks(0, 1)));
        assertEquals(1, made.size());
    }

    @Test
    void aTaskAboveTheRecordLimitNamesItsLineAndTheSetting() throws Exception {
        PromptPublisher small = new PromptPublisher(
                this::producer, log, PROMPTS.topic(), "run.producer", 100, unanswered::incrementAndGet);
        small.open();
        String message = assertThrows(IllegalStateException.class, () -> small.publish(tasks(8, 9)))
                .getMessage();
        assertTrue(message.contains("group 8 (line 9)") && message.contains("--record-size-max is 100"), message);
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
}
