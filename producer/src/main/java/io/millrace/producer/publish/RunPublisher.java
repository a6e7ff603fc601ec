package io.millrace.producer.publish;

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
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.trace.Tracing;
import io.millrace.common.wire.ResultHeaders;
import io.millrace.producer.ledger.Decision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

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
    private final TaskSpans spans;

    /** Without traces. */
    public RunPublisher(Producer<byte[], byte[]> producer, RunTopics topics, int resultPartitions, int valueBytesMax) {
        this(producer, topics, resultPartitions, valueBytesMax, new TaskSpans(Tracing.OFF, topics, WallClock.system()));
    }

    /**
     * @param producer with the run's transactional id; owned
     * @param valueBytesMax the largest first task, in bytes of its JSON
     * @param spans told of each task that was issued
     */
    public RunPublisher(
            Producer<byte[], byte[]> producer,
            RunTopics topics,
            int resultPartitions,
            int valueBytesMax,
            TaskSpans spans) {
        this.spans = spans;
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
         * A group given up: the marker in the results by which whoever waits for it learns that, and the receipt that says
         * where the marker stands; of a training group also its dead letter.
         *
         * @param task for the dead letter; null for a kind that has none
         */
        record Abandonment(
                GroupKind kind,
                Decision.Abandon end,
                @Nullable TrainingTask task) implements Item {}

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
        for (Item item : items) {
            if (item instanceof Item.Task issued) {
                spans.issued(issued.lane(), issued.task());
            }
        }
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
            if (items.get(i) instanceof Item.Abandonment given) {
                RecordMetadata place = marker.resultNow();
                Receipt receipt =
                        Receipt.abandoned(given.end().group(), given.end().number(), place.partition(), place.offset());
                // Of what fails, the commit throws.
                var _ = producer.send(record(
                        topics.receipts(given.kind()),
                        KafkaClients.key(given.end().group()),
                        receipt));
                claimed = true;
            }
        }
        if (claimed) {
            producer.flush();
        }
    }

    /** What nobody else writes. */
    private boolean isOwn(RecordMetadata record) {
        return Arrays.stream(Lane.values()).anyMatch(lane -> record.topic().equals(topics.lane(lane)));
    }

    private List<ProducerRecord<byte[], byte[]>> records(Item item) {
        return switch (item) {
            case Item.Task issued -> List.of(task(issued.lane(), issued.task()));
            case Item.Abandonment given -> abandonment(given);
            case Item.Run run -> List.of(record(topics.runRecord(), KafkaClients.key(RunRecord.KEY), run.record()));
            case Item.Evaluation evaluation ->
                List.of(record(
                        topics.evals(), KafkaClients.key(evaluation.record().evalId()), evaluation.record()));
            case Item.Skipped skipped -> List.of(record(topics.deadLetters(), null, skipped.letter()));
        };
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, byte @Nullable [] key, ControlRecord value) {
        return new ProducerRecord<>(topic, 0, key, ControlCodec.encode(value));
    }

    private ProducerRecord<byte[], byte[]> task(Lane lane, TrainingTask task) {
        byte[] value = ControlCodec.encode(task);
        if (lane == Lane.TRAINING && value.length > valueBytesMax) {
            throw new IllegalStateException("group " + task.groupIndex() + " (line "
                    + task.source().row() + ") makes a task of " + value.length + " bytes, --record-size-max is "
                    + valueBytesMax);
        }
        // A first attempt that just fitted: its counts find room in what a record may have besides its value.
        byte[] fitting = value.length <= valueBytesMax
                ? value
                : ControlCodec.encode(task.again(
                        task.attempt(),
                        task.lineage(),
                        task.issueVersion(),
                        task.issuedAtMs(),
                        counts(task.history())));
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topics.lane(lane), 0, KafkaClients.key(task.groupIndex()), fitting);
        spans.mark(record, lane, task);
        return record;
    }

    private static AttemptHistory counts(AttemptHistory history) {
        return new AttemptHistory(history.failures(), history.losses(), history.handBacks(), List.of());
    }

    private List<ProducerRecord<byte[], byte[]>> abandonment(Item.Abandonment given) {
        Decision.Abandon end = given.end();
        byte[] key = KafkaClients.key(end.group());
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(2);
        if (given.kind() == GroupKind.TRAINING && given.task() != null) {
            DeadLetter whole = new DeadLetter.Group(given.task(), end.cause(), end.history());
            DeadLetter fitting = ControlCodec.encode(whole).length <= valueBytesMax
                    ? whole
                    : new DeadLetter.Group(given.task(), end.cause(), counts(end.history()));
            records.add(record(topics.deadLetters(), key, fitting));
        }
        ProducerRecord<byte[], byte[]> marker = new ProducerRecord<>(
                topics.results(given.kind()),
                RunTopics.resultPartition(end.group(), resultPartitions),
                key,
                ControlCodec.encode(new AbandonedMarker(end.group(), end.last().attempt(), end.cause())));
        ResultHeaders.writeType(marker.headers(), ResultHeaders.Type.ABANDONED);
        records.add(marker);
        return records;
    }

    /** Drops the client; a transaction under way is left to the next {@link #open} of the same id. */
    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
