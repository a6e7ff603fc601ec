package io.millrace.common.kafka;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads topics from the beginning (or a given offset) and goes on following them: first {@link #readToEnd}, which ends
 * at what was committed when it was called, then {@link #poll}. One owner, but for {@link #wakeup}.
 */
public final class TopicTail implements AutoCloseable {
    /** Takes each record in the order of its partition. */
    @FunctionalInterface
    public interface Handler {
        void accept(ConsumerRecord<byte[], byte[]> record) throws Exception;
    }

    private static final Logger log = LoggerFactory.getLogger(TopicTail.class);

    /** For what a log holds, once it is known not to hold what was read. */
    private static final Duration RANGE_LIMIT = Duration.ofSeconds(10);

    /** A follower commits nothing, so its end owes the broker only the news of it; Kafka's own limit is 30 s. */
    public static final Duration CLOSE_LIMIT = Duration.ofMillis(200);

    private static final Duration POLL = Duration.ofMillis(200);

    private final Consumer<byte[], byte[]> consumer;
    private final Ticker ticker;

    public TopicTail(Consumer<byte[], byte[]> consumer) {
        this(consumer, Ticker.system());
    }

    TopicTail(Consumer<byte[], byte[]> consumer, Ticker ticker) {
        this.consumer = consumer;
        this.ticker = ticker;
    }

    /** Follows every partition of the topics from the beginning; replaces what was followed before. */
    public void follow(Collection<String> topics, Duration limit) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics) {
            consumer.partitionsFor(topic, limit)
                    .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** Follows these partitions from these offsets; replaces what was followed before. */
    public void followFrom(Map<TopicPartition, Long> offsets) {
        consumer.assign(offsets.keySet());
        offsets.forEach(consumer::seek);
    }

    /**
     * Hands over everything that was committed when the call began.
     *
     * @param limit how long the broker may give nothing of what is left to read
     * @throws TimeoutException when it gives nothing for so long
     */
    public void readToEnd(Handler handler, Duration limit) throws Exception {
        readTo(consumer.endOffsets(consumer.assignment(), limit), handler, limit);
    }

    /**
     * Hands over records until every partition has been read up to its offset, and what came along beyond it.
     *
     * @param to offsets that the partitions had reached, exclusive
     * @param limit how long the broker may give nothing of the partitions that are short of theirs
     * @throws TimeoutException when it gives nothing for so long
     */
    public void readTo(Map<TopicPartition, Long> to, Handler handler, Duration limit) throws Exception {
        readTo(to, handler, () -> false, limit);
    }

    /** The same, or until there is enough. */
    void readTo(Map<TopicPartition, Long> to, Handler handler, BooleanSupplier enough, Duration limit)
            throws Exception {
        Map<TopicPartition, Long> ends = new HashMap<>(to);
        long read = -1;
        long progressNanos = ticker.nanos();
        while (!enough.getAsBoolean()) {
            boolean progress =
                    ends.entrySet().removeIf(end -> consumer.position(end.getKey(), limit) >= end.getValue());
            if (ends.isEmpty()) {
                return;
            }
            // Of those short of their ends: others may grow without end and say nothing of these.
            long now = 0;
            for (TopicPartition partition : ends.keySet()) {
                now += consumer.position(partition, limit);
            }
            if (progress || now != read) {
                read = now;
                progressNanos = ticker.nanos();
            } else if (ticker.nanos() - progressNanos >= limit.toNanos()) {
                throw new TimeoutException("the broker gave nothing for " + limit + " of " + ends.keySet()
                        + ", which hold records up to " + ends.values());
            }
            poll(POLL, handler);
        }
    }

    /**
     * Waits up to the limit for records. Where records were deleted that had not been read, it goes on at the first that
     * is left, with a note.
     *
     * @return how many were handed over
     * @throws TruncatedLogException when a log ends before what was read of it, or was cut there and written anew
     */
    public int poll(Duration limit, Handler handler) throws Exception {
        int count = 0;
        for (ConsumerRecord<byte[], byte[]> record : fetch(limit)) {
            handler.accept(record);
            count++;
        }
        return count;
    }

    private ConsumerRecords<byte[], byte[]> fetch(Duration limit) {
        try {
            return consumer.poll(limit);
        } catch (OffsetOutOfRangeException e) {
            goOn(e);
            return ConsumerRecords.empty();
        }
    }

    private void goOn(OffsetOutOfRangeException e) {
        Map<TopicPartition, Long> positions = e.offsetOutOfRangePartitions();
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(positions.keySet(), RANGE_LIMIT);
        Map<TopicPartition, Long> ends = consumer.endOffsets(positions.keySet(), RANGE_LIMIT);
        List<String> cut = new ArrayList<>();
        positions.forEach((partition, position) -> {
            long begin = begins.getOrDefault(partition, 0L);
            if (position < begin) {
                log.info("{}: records from {} on were deleted unread, goes on at {}", partition, position, begin);
                consumer.seek(partition, begin);
            } else {
                cut.add(partition + " was read up to offset " + position + ", and holds " + begin + " to "
                        + ends.getOrDefault(partition, 0L) + " now");
            }
        });
        if (!cut.isEmpty()) {
            throw new TruncatedLogException("the broker has lost records that it had acknowledged: " + cut, e);
        }
    }

    /** Ends a poll under way; any thread. */
    public void wakeup() {
        consumer.wakeup();
    }

    public Consumer<byte[], byte[]> consumer() {
        return consumer;
    }

    /** Waits {@link #CLOSE_LIMIT} at most for a broker that does not answer. */
    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE_LIMIT));
    }
}
