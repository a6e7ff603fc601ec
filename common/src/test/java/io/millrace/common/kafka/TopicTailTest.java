package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** Against Kafka's own in-memory client; a real broker's turn is LostTailTest in the module sandbox. */
class TopicTailTest {
    private static final TopicPartition PARTITION = new TopicPartition("run.steps", 0);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final TopicTail tail = new TopicTail(consumer);

    private void follow(long position, long begin, long end) {
        consumer.updateBeginningOffsets(Map.of(PARTITION, begin));
        consumer.updateEndOffsets(Map.of(PARTITION, end));
        tail.followFrom(Map.of(PARTITION, position));
    }

    @Test
    void aLogThatEndsBeforeWhatWasReadOfItIsAnErrorAndNoPositionMoves() {
        follow(9, 2, 7);
        consumer.setPollException(new OffsetOutOfRangeException(Map.of(PARTITION, 9L)));
        String message = assertThrows(TruncatedLogException.class, () -> tail.poll(Duration.ZERO, record -> {}))
                .getMessage();
        assertTrue(message.contains("run.steps-0 was read up to offset 9, and holds 2 to 7 now"), message);
        assertEquals(9, consumer.position(PARTITION));
    }

    @Test
    void aLogThatWasCutAndWrittenAnewIsAnErrorToo() {
        follow(9, 2, 20);
        consumer.setPollException(
                new LogTruncationException(Map.of(PARTITION, 9L), Map.of(PARTITION, new OffsetAndMetadata(7))));
        assertThrows(TruncatedLogException.class, () -> tail.poll(Duration.ZERO, record -> {}));
        assertEquals(9, consumer.position(PARTITION));
    }

    @Test
    void aBrokerThatGivesNothingBelowTheEndIsWaitedForAsLongAsTheLimitAndNoLonger() {
        AtomicLong nanos = new AtomicLong();
        TopicTail timed = new TopicTail(
                consumer, () -> nanos.addAndGet(Duration.ofSeconds(1).toNanos()));
        follow(3, 0, 20);
        Duration limit = Duration.ofSeconds(30);
        String all = assertThrows(TimeoutException.class, () -> timed.readToEnd(record -> {}, limit))
                .getMessage();
        assertTrue(all.contains("gave nothing for PT30S of [run.steps-0]"), all);
        try (PartitionReader reader = new PartitionReader(timed, limit)) {
            assertThrows(TimeoutException.class, () -> reader.first(PARTITION, 3));
        }
    }

    @Test
    void aPartitionThatIsReadToItsEndAndGrowsIsNoSignOfLifeOfAnotherThatGivesNothing() {
        TopicPartition growing = new TopicPartition("run.workers", 0);
        AtomicLong nanos = new AtomicLong();
        TopicTail timed = new TopicTail(
                consumer, () -> nanos.addAndGet(Duration.ofSeconds(1).toNanos()));
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L, growing, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 20L, growing, 1L));
        timed.followFrom(Map.of(PARTITION, 3L, growing, 0L));
        int turns = 1000;
        for (long offset = 0; offset < turns; offset++) {
            ConsumerRecord<byte[], byte[]> record =
                    new ConsumerRecord<>(growing.topic(), 0, offset, new byte[0], new byte[0]);
            consumer.schedulePollTask(() -> consumer.addRecord(record));
        }
        AtomicLong read = new AtomicLong();
        String all = assertThrows(
                        TimeoutException.class,
                        () -> timed.readToEnd(
                                record -> {
                                    // It would go on for as long as the other grows.
                                    assertTrue(read.incrementAndGet() < turns, "waits without end");
                                },
                                Duration.ofSeconds(30)))
                .getMessage();
        assertTrue(all.contains("gave nothing for PT30S of [run.steps-0]"), all);
    }

    @Test
    void aPartitionThatIsReadToItsEndIsProgress() throws Exception {
        TopicPartition other = new TopicPartition("run.workers", 0);
        AtomicLong nanos = new AtomicLong();
        TopicTail timed = new TopicTail(consumer, nanos::get);
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L, other, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 4L, other, 1L));
        timed.followFrom(Map.of(PARTITION, 3L, other, 0L));
        Duration step = Duration.ofSeconds(20);
        consumer.schedulePollTask(() -> {
            nanos.addAndGet(step.toNanos());
            consumer.addRecord(new ConsumerRecord<>(other.topic(), 0, 0, new byte[0], new byte[0]));
        });
        consumer.schedulePollTask(() -> nanos.addAndGet(step.toNanos()));
        consumer.schedulePollTask(
                () -> consumer.addRecord(new ConsumerRecord<>(PARTITION.topic(), 0, 3, new byte[0], new byte[0])));
        List<String> read = new ArrayList<>();
        timed.readToEnd(record -> read.add(record.topic()), Duration.ofSeconds(30));
        assertEquals(List.of("run.workers", "run.steps"), read);
    }

    @Test
    void recordsThatWereDeletedUnreadArePassedOver() throws Exception {
        follow(3, 5, 7);
        consumer.setPollException(new OffsetOutOfRangeException(Map.of(PARTITION, 3L)));
        assertEquals(0, tail.poll(Duration.ZERO, record -> {}));
        consumer.addRecord(new ConsumerRecord<>(PARTITION.topic(), 0, 5, new byte[0], new byte[0]));
        List<Long> offsets = new ArrayList<>();
        assertEquals(1, tail.poll(Duration.ZERO, record -> offsets.add(record.offset())));
        assertEquals(List.of(5L), offsets);
    }
}
