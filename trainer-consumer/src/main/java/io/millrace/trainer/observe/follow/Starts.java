package io.millrace.trainer.observe.follow;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.StepRecord;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Where each topic of a run is read from. */
final class Starts {
    private static final byte[] SNAPSHOT = KafkaClients.key(StepRecord.Snapshot.KEY);

    /** Of steps before the snapshot, for the figures of the past. */
    private static final long STEPS_BACK = 20_000;

    /** Of receipts that no unsettled group needs, likewise. */
    private static final long RECEIPTS_BACK = 10_000;

    private static final long EVALUATIONS_BACK = 20_000;
    private static final long LETTERS_BACK = 2_000;

    private Starts() {}

    /** All topics that are followed; none of results, nor of partials. */
    static List<String> topics(RunTopics topics) {
        return List.of(
                topics.lane(Lane.TRAINING),
                topics.lane(Lane.URGENT),
                topics.lane(Lane.EVALUATION),
                topics.receipts(GroupKind.TRAINING),
                topics.receipts(GroupKind.EVALUATION),
                topics.workers(),
                topics.steps(),
                topics.policy(),
                topics.runRecord(),
                topics.evals(),
                topics.deadLetters());
    }

    /** @param reader its position moves */
    static Map<TopicPartition, Long> of(RunTopics topics, PartitionReader reader) throws Exception {
        TopicPartition steps = only(topics.steps());
        AtomicReference<StepRecord.@Nullable Snapshot> snapshot = new AtomicReference<>();
        OptionalLong at = reader.lastOffset(steps, record -> {
            StepRecord.Snapshot found = snapshot(record);
            if (found != null) {
                snapshot.set(found);
            }
            return found != null;
        });
        StepRecord.Snapshot last = snapshot.get();
        Map<TopicPartition, Long> from = new HashMap<>();
        for (String topic : topics(topics)) {
            from.put(only(topic), reader.begin(only(topic)));
        }
        raise(from, steps, Math.min(at.orElse(0), back(reader, steps, STEPS_BACK)));
        TopicPartition receipts = only(topics.receipts(GroupKind.TRAINING));
        raise(from, receipts, Math.min(last == null ? 0 : last.receiptsFrom(), back(reader, receipts, RECEIPTS_BACK)));
        TopicPartition evaluated = only(topics.receipts(GroupKind.EVALUATION));
        raise(from, evaluated, back(reader, evaluated, EVALUATIONS_BACK));
        raise(from, only(topics.evals()), back(reader, only(topics.evals()), EVALUATIONS_BACK));
        raise(from, only(topics.deadLetters()), back(reader, only(topics.deadLetters()), LETTERS_BACK));
        return from;
    }

    private static long back(PartitionReader reader, TopicPartition partition, long records) {
        return reader.end(partition) - records;
    }

    private static void raise(Map<TopicPartition, Long> from, TopicPartition partition, long to) {
        from.merge(partition, to, Math::max);
    }

    private static StepRecord.@Nullable Snapshot snapshot(ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(record.key(), SNAPSHOT)
                        && ControlCodec.ifOurs(record.value(), StepRecord.class).orElse(null)
                                instanceof StepRecord.Snapshot found
                ? found
                : null;
    }

    /** They all have one partition. */
    static TopicPartition only(String topic) {
        return new TopicPartition(topic, 0);
    }
}
