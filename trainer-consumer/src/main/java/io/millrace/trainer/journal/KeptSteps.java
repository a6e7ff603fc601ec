package io.millrace.trainer.journal;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.StepRecord;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.steps.StepHistory;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the manifest of a past step on {@code steps}, reading backwards in growing stretches, so a recent step costs
 * little however long the run is. The records a manifest names may be trimmed by then. One owner.
 */
public final class KeptSteps {
    private static final Logger log = LoggerFactory.getLogger(KeptSteps.class);
    private static final byte[] SNAPSHOT = KafkaClients.key(StepRecord.Snapshot.KEY);
    private static final long FIRST_STRETCH_OFFSETS = 1024;

    private final TopicPartition partition;
    private final PartitionReader reader;

    /** @param reader not owned */
    public KeptSteps(RunTopics topics, PartitionReader reader) {
        this.partition = new TopicPartition(topics.steps(), 0);
        this.reader = reader;
    }

    /**
     * One step as a lineage sees it: its own, or that of the lineage it continued.
     *
     * @return empty when the lineage has no such step
     */
    public Optional<StepHistory.Kept> step(StepNumber step, Lineage lineage) throws Exception {
        return steps(step, step.next(), lineage).stream().findFirst();
    }

    /** The steps from {@code from} up to {@code before} (exclusive) that the lineage has, ascending. */
    public List<StepHistory.Kept> steps(StepNumber from, StepNumber before, Lineage lineage) throws Exception {
        long wanted = before.value() - from.value();
        if (wanted <= 0) {
            return List.of();
        }
        StepHistory history = reader.backward(
                partition,
                FIRST_STRETCH_OFFSETS,
                () -> new StepHistory(lineage),
                (found, record) -> take(record, found),
                found -> found.steps(from, before).size() == wanted);
        return history.steps(from, before);
    }

    /** Snapshots are large and say nothing of past steps; they are told by their key. */
    private static void take(ConsumerRecord<byte[], byte[]> record, StepHistory history) {
        if (isSnapshot(record)) {
            return;
        }
        try {
            history.add(ControlCodec.decode(record.value(), StepRecord.class));
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            log.debug("offset {} of {} is not ours", record.offset(), record.topic(), e);
        }
    }

    /** Whether a record of {@code steps} is a snapshot, by its key. */
    public static boolean isSnapshot(ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(record.key(), SNAPSHOT);
    }
}
