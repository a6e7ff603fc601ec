package io.millrace.trainer.session;

import io.millrace.common.kafka.LostTails;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.StepRecord.Snapshot;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The results topic and the receipts from where the last snapshot says and the prompts lanes from the first unsettled
 * group, never paused, and how far they have been read of what stood there at the start; beside them the policy topic, on which a
 * newer trainer consumer shows itself. One owner, but for {@link #wakeup}.
 */
final class ResultsFeed {
    private static final Logger log = LoggerFactory.getLogger(ResultsFeed.class);

    private final TopicTail tail;
    private final List<TopicPartition> partitions;
    /** By partition of the results, where it ended at the start. */
    private final Map<Integer, Long> resultEnds = new HashMap<>();
    /** Of partitions not yet read to where they ended at the start. */
    private final Map<TopicPartition, Long> ends;

    private long recordsBehind;

    /**
     * @param consumer without a group; this is its owner, whoever made it closes it
     * @param snapshot the last one; null to read from the beginning
     * @param others followed from these offsets on; of those but {@code policy} the start waits for what stands there
     * @param policy one of them
     * @param lost which of what ends too early was found before, over all sessions
     * @param limit for each answer of the broker
     */
    ResultsFeed(
            Consumer<byte[], byte[]> consumer,
            String topic,
            @Nullable Snapshot snapshot,
            Map<TopicPartition, Long> others,
            TopicPartition policy,
            TrainerMetrics metrics,
            LostTails lost,
            Duration limit) {
        this.tail = new TopicTail(consumer);
        this.partitions = consumer.partitionsFor(topic, limit).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        Map<TopicPartition, Long> begins = new HashMap<>(consumer.beginningOffsets(partitions, limit));
        begins.putAll(consumer.beginningOffsets(others.keySet(), limit));
        Map<TopicPartition, Long> from = new HashMap<>(begins);
        if (snapshot != null) {
            snapshot.results()
                    .forEach(read -> from.computeIfPresent(
                            new TopicPartition(topic, read.partition()),
                            (partition, begin) -> Math.max(begin, read.from())));
        }
        from.putAll(others);
        this.ends = new HashMap<>(consumer.endOffsets(from.keySet(), limit));
        partitions.forEach(partition -> resultEnds.put(partition.partition(), ends.getOrDefault(partition, 0L)));
        from.replaceAll((partition, offset) -> {
            long end = ends.getOrDefault(partition, offset);
            if (lost.isNew(partition, offset, end)) {
                metrics.count(TrainerMetrics.Count.TRUNCATED);
            }
            if (offset <= end) {
                return offset;
            }
            long begin = begins.getOrDefault(partition, 0L);
            log.warn(
                    "{} was read up to offset {} by an earlier session, and holds {} to {} now: the broker has lost its"
                            + " tail; it is read from its beginning",
                    partition,
                    offset,
                    begin,
                    end);
            return begin;
        });
        ends.remove(policy);
        tail.followFrom(from);
        measure();
    }

    /** Waits up to the limit for records; ends early when woken. */
    void poll(Duration limit, TopicTail.Handler handler) throws Exception {
        try {
            tail.poll(limit, handler);
            measure();
        } catch (WakeupException e) {
            // Somebody asks for something: the turn goes on, what was fetched comes with the next poll.
        }
    }

    /** Partitions of the results topic. */
    List<TopicPartition> partitions() {
        return partitions;
    }

    /** Where each partition of the results ended at the start, by its number. */
    Map<Integer, Long> resultEnds() {
        return resultEnds;
    }

    /** Where a followed partition is read next; everything below was handed over. */
    long position(TopicPartition partition) {
        return tail.consumer().position(partition);
    }

    /** Whether all that stood on the topic at the start has been read. */
    boolean caughtUp() {
        return ends.isEmpty();
    }

    /** Records still to be read of what stood there at the start; transaction markers count too. */
    long recordsBehind() {
        return recordsBehind;
    }

    private void measure() {
        long behind = 0;
        for (Iterator<Map.Entry<TopicPartition, Long>> left = ends.entrySet().iterator(); left.hasNext(); ) {
            Map.Entry<TopicPartition, Long> end = left.next();
            long missing = end.getValue() - tail.consumer().position(end.getKey());
            behind += Math.max(0, missing);
            if (missing <= 0) {
                left.remove();
            }
        }
        recordsBehind = behind;
    }

    void wakeup() {
        tail.wakeup();
    }
}
