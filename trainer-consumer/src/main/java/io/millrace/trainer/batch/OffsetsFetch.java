package io.millrace.trainer.batch;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what stands at given offsets, of all partitions at once: those that end before a wanted offset are waited for
 * together, since a broker that lost the tails of its logs mostly lost them all. One owner, which owns the consumer too.
 *
 * @param limit for what the logs have
 * @param goneAfter how long a partition must be seen to end before an offset until that is gone, on top of the limit
 */
record OffsetsFetch(Consumer<byte[], byte[]> consumer, Ticker ticker, Duration limit, Duration goneAfter) {
    private static final Logger log = LoggerFactory.getLogger(OffsetsFetch.class);

    /** Reading over so many unwanted records is cheaper than seeking, which throws away what was fetched ahead. */
    private static final long READ_OVER_RECORDS = 64;

    private static final Duration POLL = Duration.ofMillis(200);

    /** How far one partition was read. */
    private static final class Stretch {
        final NavigableSet<Long> wanted;
        final Map<Long, ConsumerRecord<byte[], byte[]>> found = new HashMap<>();

        @Nullable
        Long next;
        /** Unknown before the first seek, and after an error. */
        @Nullable
        Long position;
        /** Null while the log has what is next. */
        @Nullable
        Long atEndSinceNanos;

        Stretch(NavigableSet<Long> wanted) {
            this.wanted = new TreeSet<>(wanted);
            this.next = wanted.first();
        }
    }

    /**
     * What stands at these offsets; those that are gone are absent.
     *
     * @param wanted of each partition at least one
     * @throws BatchReadException when what the logs have was not read within the limit
     */
    Map<TopicPartition, Map<Long, ConsumerRecord<byte[], byte[]>>> read(
            Map<TopicPartition, NavigableSet<Long>> wanted) {
        Map<TopicPartition, Stretch> stretches = new HashMap<>();
        wanted.forEach((partition, offsets) -> stretches.put(partition, new Stretch(offsets)));
        try {
            consumer.assign(stretches.keySet());
            // A partition without a position is an error, also while it is paused.
            wanted.forEach((partition, offsets) -> consumer.seek(partition, offsets.first()));
            readOn(new HashMap<>(stretches), ticker.nanos());
        } catch (KafkaException e) {
            throw new BatchReadException(
                    BatchReadException.Cause.AWAY,
                    "records of " + wanted.keySet() + " cannot be read: " + e.getMessage(),
                    e);
        }
        Map<TopicPartition, Map<Long, ConsumerRecord<byte[], byte[]>>> found = new HashMap<>();
        stretches.forEach((partition, stretch) -> found.put(partition, stretch.found));
        return found;
    }

    private void readOn(Map<TopicPartition, Stretch> open, long begunNanos) {
        // Where the log has what is next is asked at first, after an error, and while some log has it not.
        boolean look = true;
        while (true) {
            if (look) {
                look(open);
            }
            open.entrySet().removeIf(one -> {
                boolean done = one.getValue().next == null || isGone(one.getValue());
                if (done) {
                    consumer.pause(List.of(one.getKey()));
                }
                return done;
            });
            if (open.isEmpty()) {
                return;
            }
            boolean late = ticker.nanos() - begunNanos > limit.toNanos();
            open.forEach((partition, stretch) -> {
                if (late && stretch.atEndSinceNanos == null) {
                    throw new BatchReadException(
                            BatchReadException.Cause.AWAY,
                            "offset " + stretch.next + " of " + partition + " was not read within " + limit);
                }
                aim(partition, stretch);
            });
            look = !poll(open) || open.values().stream().anyMatch(stretch -> stretch.atEndSinceNanos != null);
        }
    }

    private boolean isGone(Stretch stretch) {
        return stretch.atEndSinceNanos != null && ticker.nanos() - stretch.atEndSinceNanos >= goneAfter.toNanos();
    }

    /** Of the offsets that a log does not have, the lower are gone and the upper ones may be. */
    private void look(Map<TopicPartition, Stretch> open) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(open.keySet(), limit);
        Map<TopicPartition, Long> ends = consumer.endOffsets(open.keySet(), limit);
        open.forEach((partition, stretch) -> {
            if (stretch.next != null) {
                stretch.next = stretch.wanted.ceiling(Math.max(stretch.next, begins.getOrDefault(partition, 0L)));
            }
            if (stretch.next == null || stretch.next < ends.getOrDefault(partition, Long.MAX_VALUE)) {
                stretch.atEndSinceNanos = null;
            } else if (stretch.atEndSinceNanos == null) {
                stretch.atEndSinceNanos = ticker.nanos();
            }
        });
    }

    /** What the log does not have is not asked for: the client would say so at once, again and again. */
    private void aim(TopicPartition partition, Stretch stretch) {
        if (stretch.next == null || stretch.atEndSinceNanos != null) {
            consumer.pause(List.of(partition));
            stretch.position = null;
            return;
        }
        consumer.resume(List.of(partition));
        if (stretch.position == null || stretch.next - stretch.position > READ_OVER_RECORDS) {
            consumer.seek(partition, stretch.next);
        }
    }

    /** Returns false where nothing came, or a log has changed under the reader. */
    private boolean poll(Map<TopicPartition, Stretch> open) {
        boolean some = false;
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                Stretch stretch = open.get(new TopicPartition(record.topic(), record.partition()));
                if (stretch != null && stretch.wanted.contains(record.offset())) {
                    stretch.found.put(record.offset(), record);
                }
                some = true;
            }
        } catch (OffsetOutOfRangeException e) {
            log.debug("a log does not have what a manifest names", e);
            open.values().forEach(stretch -> stretch.position = null);
            return false;
        }
        open.forEach((partition, stretch) -> {
            if (stretch.next != null && stretch.atEndSinceNanos == null) {
                long position = consumer.position(partition, limit);
                stretch.position = position;
                stretch.next = stretch.wanted.ceiling(position);
            }
        });
        return some;
    }
}
