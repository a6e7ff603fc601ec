package io.millrace.producer.publish;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.WrittenLog;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.wire.ResultHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Publishes what the producer decides, a batch in one transaction, so that after any death the topics end with whole
 * batches. The transactional id is the run's: {@link #open} fences whoever published before. Any exception leaves the
 * outcome of its batch unknown; it is read from the topics by the next publisher, once that one has opened, and this one
 * is closed. Not thread-safe; calls block up to the client's {@code max.block.ms}.
 */
public final class RunPublisher implements AutoCloseable {
    private final WrittenLog written = new WrittenLog();
    private final Producer<byte[], byte[]> producer;
    private final RunTopics topics;
    private final int resultPartitions;
    private final int valueBytesMax;

    /**
     * @param producer with the run's transactional id; owned
     * @param valueBytesMax the largest first task, in bytes of its JSON
     */
    public RunPublisher(Producer<byte[], byte[]> producer, RunTopics topics, int resultPartitions, int valueBytesMax) {
        this.producer = producer;
        this.topics = topics;
        this.resultPartitions = resultPartitions;
        this.valueBytesMax = valueBytesMax;
    }

    /** Something to publish. */
    public sealed interface Item {
        /** A task on its lane. */
        record Task(Lane lane, TrainingTask task) implements Item {}

        /**
         * A group given up: its dead letter, the marker in the results by which it is settled, and the receipt that says
         * where the marker stands.
         *
         * @param number of the abandonment
         */
        record Abandonment(DeadLetter.Group letter, Attempt number) implements Item {}

        /** A task of an evaluation. */
        record EvalTask(TrainingTask task) implements Item {}

        /** A group of an evaluation given up: the marker in its results, and its receipt. */
        record EvalAbandonment(GroupIndex group, Attempt lastAttempt, Attempt number, String cause) implements Item {}

        /** What the processes of the run must share. */
        record Run(RunRecord record) implements Item {}

        /** What became of an evaluation. */
        record Evaluation(EvalRecord record) implements Item {}

        /** The dead letter of a record that was skipped. */
        record Skipped(DeadLetter.Unreadable letter) implements Item {}
    }

    /**
     * Fences an older producer of the run, and ends what it left open: what is read from the topics afterwards is final.
     *
     * @throws KafkaException when the broker does not answer in time, or refuses
     */
    public void open() {
        producer.initTransactions();
    }

    /** Everything below this offset of a prompts lane is there to be read; called after {@link #open}. */
    public void wasReadTo(TopicPartition lane, long end) {
        written.endsAt(lane, end);
    }

    /**
     * Publishes the items, all or none.
     *
     * @param items 1 or more
     * @return the offset of each one's first record
     * @throws io.millrace.common.kafka.TruncatedLogException when a lane has lost what was published or read before; close
     *     this publisher
     * @throws KafkaException when it is not known whether they stand; close this publisher
     * @throws IllegalStateException when a first task is larger than the limit; nothing was sent
     */
    public List<Long> publish(List<Item> items) {
        List<List<ProducerRecord<byte[], byte[]>>> records =
                items.stream().map(this::records).toList();
        producer.beginTransaction();
        List<List<Future<RecordMetadata>>> sent = new ArrayList<>(items.size());
        for (List<ProducerRecord<byte[], byte[]>> ofOne : records) {
            sent.add(ofOne.stream().map(producer::send).toList());
        }
        producer.flush();
        claim(items, sent);
        for (List<Future<RecordMetadata>> ofOne : sent) {
            for (Future<RecordMetadata> one : ofOne) {
                // Of what failed, the commit throws.
                if (one.state() == Future.State.SUCCESS && isOwn(one.resultNow())) {
                    written.written(one.resultNow());
                }
            }
        }
        producer.commitTransaction();
        return sent.stream().map(ofOne -> ofOne.getFirst().resultNow().offset()).toList();
    }

    /** Where a marker stands is known when it stands, so its receipt comes after it, in the same transaction. */
    private void claim(List<Item> items, List<List<Future<RecordMetadata>>> sent) {
        boolean claimed = false;
        for (int i = 0; i < items.size(); i++) {
            Future<RecordMetadata> marker = sent.get(i).getLast();
            if (marker.state() != Future.State.SUCCESS) {
                continue;
            }
            switch (items.get(i)) {
                case Item.Abandonment given ->
                    claim(topics.receipts(), given.letter().task().groupIndex(), given.number(), marker.resultNow());
                case Item.EvalAbandonment given ->
                    claim(topics.receipts(GroupKind.EVALUATION), given.group(), given.number(), marker.resultNow());
                default -> {
                    continue;
                }
            }
            claimed = true;
        }
        if (claimed) {
            producer.flush();
        }
    }

    private void claim(String topic, GroupIndex group, Attempt number, RecordMetadata marker) {
        Receipt receipt = Receipt.abandoned(group, number, marker.partition(), marker.offset());
        // Of what fails, the commit throws.
        var _ = producer.send(new ProducerRecord<>(topic, 0, KafkaClients.key(group), ControlCodec.encode(receipt)));
    }

    /** What nobody else writes. */
    private boolean isOwn(RecordMetadata record) {
        return record.topic().equals(topics.prompts())
                || record.topic().equals(topics.urgent())
                || record.topic().equals(topics.lane(Lane.EVALUATION));
    }

    private List<ProducerRecord<byte[], byte[]>> records(Item item) {
        return switch (item) {
            case Item.Task issued -> List.of(task(issued.lane(), issued.task()));
            case Item.Abandonment given -> abandonment(given.letter());
            case Item.EvalTask issued -> List.of(evalTask(issued.task()));
            case Item.EvalAbandonment given ->
                List.of(marker(
                        topics.results(GroupKind.EVALUATION), given.group(), given.lastAttempt(), given.cause()));
            case Item.Run run ->
                List.of(new ProducerRecord<>(
                        topics.runRecord(), 0, KafkaClients.key(RunRecord.KEY), ControlCodec.encode(run.record())));
            case Item.Evaluation evaluation ->
                List.of(new ProducerRecord<>(
                        topics.evals(),
                        0,
                        KafkaClients.key(evaluation.record().evalId()),
                        ControlCodec.encode(evaluation.record())));
            case Item.Skipped skipped ->
                List.of(new ProducerRecord<>(topics.deadLetters(), 0, null, ControlCodec.encode(skipped.letter())));
        };
    }

    private ProducerRecord<byte[], byte[]> task(Lane lane, TrainingTask task) {
        byte[] value = ControlCodec.encode(task);
        if (lane == Lane.TRAINING && value.length > valueBytesMax) {
            throw new IllegalStateException("group " + task.groupIndex() + " (line "
                    + task.source().row() + ") makes a task of " + value.length + " bytes, --record-size-max is "
                    + valueBytesMax);
        }
        return fitting(topics.lane(lane), task, value);
    }

    private ProducerRecord<byte[], byte[]> evalTask(TrainingTask task) {
        return fitting(topics.lane(Lane.EVALUATION), task, ControlCodec.encode(task));
    }

    private ProducerRecord<byte[], byte[]> fitting(String topic, TrainingTask task, byte[] value) {
        // A first attempt that just fitted: its counts find room in what a record may have besides its value.
        byte[] fitting = value.length <= valueBytesMax
                ? value
                : ControlCodec.encode(task.again(
                        task.attempt(),
                        task.lineage(),
                        task.issueVersion(),
                        task.issuedAtMs(),
                        counts(task.history())));
        return new ProducerRecord<>(topic, 0, KafkaClients.key(task.groupIndex()), fitting);
    }

    private static AttemptHistory counts(AttemptHistory history) {
        return new AttemptHistory(history.failures(), history.losses(), history.handBacks(), List.of());
    }

    private List<ProducerRecord<byte[], byte[]>> abandonment(DeadLetter.Group letter) {
        TrainingTask task = letter.task();
        ControlRecord fitting = ControlCodec.encode(letter).length <= valueBytesMax
                ? letter
                : new DeadLetter.Group(task, letter.cause(), counts(letter.history()));
        byte[] key = KafkaClients.key(task.groupIndex());
        return List.of(
                new ProducerRecord<>(topics.deadLetters(), 0, key, ControlCodec.encode(fitting)),
                marker(topics.results(), task.groupIndex(), task.attempt(), letter.cause()));
    }

    private ProducerRecord<byte[], byte[]> marker(String topic, GroupIndex group, Attempt last, String cause) {
        ProducerRecord<byte[], byte[]> marker = new ProducerRecord<>(
                topic,
                RunTopics.resultPartition(group, resultPartitions),
                KafkaClients.key(group),
                ControlCodec.encode(new AbandonedMarker(group, last, cause)));
        ResultHeaders.writeType(marker.headers(), ResultHeaders.Type.ABANDONED);
        return marker;
    }

    /** Drops the client; a transaction under way is left to the next {@link #open} of the same id. */
    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
