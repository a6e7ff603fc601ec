package io.millrace.trainer.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.batch.Capacity;
import io.millrace.common.kafka.LostTails;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.common.record.StepRecord.Snapshot.ResultsRead;
import io.millrace.trainer.steps.StepLedger;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** From where the topics are read that a snapshot or the steps point at; against Kafka's own in-memory client. */
class ResultsFeedTest {
    private static final TopicPartition FIRST = new TopicPartition("run.results", 0);
    private static final TopicPartition SECOND = new TopicPartition("run.results", 1);
    private static final TopicPartition RECEIPTS = new TopicPartition("run.receipts", 0);
    private static final TopicPartition PROMPTS = new TopicPartition("run.prompts", 0);
    private static final TopicPartition POLICY = new TopicPartition("run.policy", 0);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final TrainerMetrics metrics = new TrainerMetrics(registry);
    private final LostTails lost = new LostTails();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final Map<TopicPartition, Long> ends = new HashMap<>(Map.of(FIRST, 100L, SECOND, 100L));

    /** Results were read to 90, receipts are needed from 40 on, prompts from 30. */
    private ResultsFeed feed() {
        consumer.updatePartitions(
                FIRST.topic(),
                IntStream.range(0, 2)
                        .mapToObj(number -> new PartitionInfo(FIRST.topic(), number, null, null, null))
                        .toList());
        List<TopicPartition> all = List.of(FIRST, SECOND, RECEIPTS, PROMPTS, POLICY);
        all.forEach(partition -> ends.putIfAbsent(partition, 50L));
        all.forEach(partition -> consumer.updateBeginningOffsets(Map.of(partition, 3L)));
        consumer.updateEndOffsets(ends);
        Snapshot snapshot = new StepLedger(new Capacity(2, 1, 1))
                .snapshot(List.of(new ResultsRead(0, 80, 90), new ResultsRead(1, 85, 90)), 40, 0);
        return new ResultsFeed(
                consumer,
                FIRST.topic(),
                snapshot,
                Map.of(RECEIPTS, 40L, PROMPTS, 30L, POLICY, 50L),
                POLICY,
                metrics,
                lost,
                Duration.ofSeconds(1));
    }

    private double truncated() {
        return registry.get("millrace.trainer.truncated.logs").counter().count();
    }

    @Test
    void whatTheSnapshotSaysIsNotReadAgain() {
        ResultsFeed feed = feed();
        assertEquals(80, feed.position(FIRST));
        assertEquals(85, feed.position(SECOND));
        assertEquals(40, feed.position(RECEIPTS));
        assertEquals(Map.of(0, 100L, 1, 100L), feed.resultEnds());
        assertFalse(feed.caughtUp());
        assertEquals(0, truncated());
    }

    @Test
    void aLogThatEndsBeforeItsPlaceIsReadFromItsBeginningAndCounted() {
        ends.putAll(Map.of(FIRST, 79L, RECEIPTS, 39L));
        ResultsFeed feed = feed();
        assertEquals(3, feed.position(FIRST));
        assertEquals(85, feed.position(SECOND));
        assertEquals(3, feed.position(RECEIPTS));
        assertEquals(30, feed.position(PROMPTS));
        assertEquals(Map.of(0, 79L, 1, 100L), feed.resultEnds());
        assertEquals(2, truncated());
    }

    @Test
    void whatASessionFoundLostIsNotCountedAgainByTheNext() {
        ends.putAll(Map.of(FIRST, 79L, RECEIPTS, 39L));
        assertEquals(3, feed().position(FIRST));
        assertEquals(3, feed().position(FIRST));
        assertEquals(2, truncated());
        ends.put(FIRST, 60L);
        feed();
        assertEquals(3, truncated());
    }
}
