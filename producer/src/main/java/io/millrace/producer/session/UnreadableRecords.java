package io.millrace.producer.session;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.DeadLetter;
import io.millrace.producer.status.ProducerMetrics;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records that were skipped since they are not ours: counted, and kept until their dead letters are published. What has
 * a dead letter among the newest gets no second one when it is read again at a later start. One owner.
 */
public final class UnreadableRecords {
    private static final Logger log = LoggerFactory.getLogger(UnreadableRecords.class);
    private static final String READER = "producer";

    /** How many wait for publication; what comes in a flood beyond that is only counted and logged. */
    private static final int WAITING_MAX = 1_000;

    /** Control records of transactions counted in. */
    private static final long NEWEST_OFFSETS = 20_000;

    private final ProducerMetrics metrics;
    private final Set<String> known = new HashSet<>();
    private final Deque<DeadLetter.Unreadable> waiting = new ArrayDeque<>();

    public UnreadableRecords(ProducerMetrics metrics) {
        this.metrics = metrics;
    }

    /** Reads the newest dead letters; what is older may be written again, which is harmless. */
    void readLetters(PartitionReader reader, String topic) throws Exception {
        TopicPartition letters = new TopicPartition(topic, 0);
        Map<ConsumerRecord<byte[], byte[]>, String> unread = new LinkedHashMap<>();
        reader.read(letters, reader.end(letters) - NEWEST_OFFSETS, record -> {
            try {
                if (ControlCodec.decode(record.value(), DeadLetter.class) instanceof DeadLetter.Unreadable letter
                        && letter.reader().equals(READER)) {
                    known.add(letter.key());
                }
            } catch (BadRecordException e) {
                unread.put(record, String.valueOf(e.getMessage()));
            }
        });
        // Not before all are read: its own dead letter stands behind one that cannot be read.
        unread.forEach(this::skip);
    }

    public void skip(ConsumerRecord<byte[], byte[]> record, String reason) {
        DeadLetter.Unreadable letter = DeadLetter.Unreadable.of(
                record.topic(), record.partition(), record.offset(), READER, reason, record.value());
        if (known.contains(letter.key())) {
            return;
        }
        metrics.badRecord(record.topic());
        log.warn("skipped {} offset {}: {}", record.topic(), record.offset(), letter.reason());
        if (waiting.size() < WAITING_MAX) {
            known.add(letter.key());
            waiting.add(letter);
        }
    }

    /** The oldest that wait, no longer waiting. */
    List<DeadLetter.Unreadable> take(int max) {
        List<DeadLetter.Unreadable> taken = new ArrayList<>();
        while (taken.size() < max && !waiting.isEmpty()) {
            taken.add(waiting.poll());
        }
        return taken;
    }
}
