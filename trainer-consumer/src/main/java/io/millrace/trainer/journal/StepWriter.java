package io.millrace.trainer.journal;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.WrittenLog;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.session.Tenure;
import io.millrace.common.topics.RunTopics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * The one writer of {@code steps} and {@code policy}, and of the dead letters that belong to them. Its transactional id
 * is the run's: {@link #take} fences every older trainer consumer, so what is read afterwards is complete. One owner.
 */
public final class StepWriter {
    private static final String TENURE = "millrace-tenure";

    private final RunTopics topics;
    private final Tenure tenure;
    private final Producer<byte[], byte[]> producer;
    private final WrittenLog written = new WrittenLog();

    /**
     * @param tenure named in each record
     * @param producer transactional, with the run's trainer id; whoever made it closes it
     */
    public StepWriter(RunTopics topics, Tenure tenure, Producer<byte[], byte[]> producer) {
        this.topics = topics;
        this.tenure = tenure;
        this.producer = producer;
    }

    /** Who wrote a record of {@code policy}; empty when it does not say. */
    public static Optional<Tenure> tenure(Headers headers) {
        Header header = headers.lastHeader(TENURE);
        return header == null || header.value() == null
                ? Optional.empty()
                : Tenure.parse(new String(header.value(), StandardCharsets.UTF_8));
    }

    /** Fences older writers and waits for their last transaction to end. */
    public void take() {
        producer.initTransactions();
    }

    /**
     * Writes records in one transaction; they are durable when it returns.
     *
     * @throws io.millrace.common.kafka.TruncatedLogException when the broker has lost what was written or read before;
     *     they do not stand
     * @throws org.apache.kafka.common.KafkaException when the broker did not take them: whether they stand is then
     *     unknown, so the caller must read the topics again
     */
    public void write(List<? extends ControlRecord> records) {
        producer.beginTransaction();
        List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
        for (ControlRecord record : records) {
            sent.add(producer.send(producerRecord(record)));
        }
        producer.flush();
        for (Future<RecordMetadata> one : sent) {
            // Of what failed, the commit throws.
            if (one.state() == Future.State.SUCCESS && isOwn(one.resultNow())) {
                written.written(one.resultNow());
            }
        }
        producer.commitTransaction();
    }

    /** Others write dead letters too. */
    private boolean isOwn(RecordMetadata record) {
        return record.topic().equals(topics.steps()) || record.topic().equals(topics.policy());
    }

    /** Everything below this offset of {@code steps} or {@code policy} was read. */
    public void wasReadTo(TopicPartition partition, long end) {
        written.endsAt(partition, end);
    }

    private ProducerRecord<byte[], byte[]> producerRecord(ControlRecord record) {
        byte[] value = ControlCodec.encode(record);
        ProducerRecord<byte[], byte[]> out = switch (record) {
            case Policy policy -> new ProducerRecord<>(topics.policy(), KafkaClients.key(Policy.KEY), value);
            case StepRecord step -> new ProducerRecord<>(topics.steps(), KafkaClients.key(key(step)), value);
            case DeadLetter.Unreadable letter ->
                new ProducerRecord<>(topics.deadLetters(), KafkaClients.key(letter.key()), value);
            default -> throw new IllegalArgumentException("neither a step, a policy nor a dead letter: " + record);
        };
        out.headers().add(TENURE, tenure.toString().getBytes(StandardCharsets.UTF_8));
        return out;
    }

    private static String key(StepRecord record) {
        return switch (record) {
            case StepRecord.Lease lease -> lease.step().toString();
            case StepRecord.Acknowledgement ack -> ack.step().toString();
            case StepRecord.Discard discard -> discard.groupIndex().toString();
            case StepRecord.Abandonment abandonment -> abandonment.groupIndex().toString();
            case StepRecord.Rejection rejection -> rejection.groupIndex().toString();
            case StepRecord.Missing missing -> missing.groupIndex().toString();
            case StepRecord.LeaseVoid gone -> gone.step().toString();
            case StepRecord.Skip skip -> skip.partition() + "@" + skip.offset();
            case StepRecord.Resume resume -> resume.step().toString();
            case StepRecord.Snapshot snapshot -> StepRecord.Snapshot.KEY;
        };
    }
}
