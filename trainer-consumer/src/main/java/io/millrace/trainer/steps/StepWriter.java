package io.millrace.trainer.steps;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of {@code steps} and {@code policy}. Its transactional id is the run's: opening fences every older
 * trainer consumer, so what is read afterwards is complete. One owner.
 */
public final class StepWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StepWriter.class);

    private final RunTopics topics;
    private final Producer<byte[], byte[]> producer;
    private final Duration closeLimit;

    /** @param producer transactional, with the run's trainer id; closed with this */
    public StepWriter(RunTopics topics, Producer<byte[], byte[]> producer, Duration closeLimit) {
        this.topics = topics;
        this.producer = producer;
        this.closeLimit = closeLimit;
    }

    /**
     * Takes the run: fences older trainer consumers, then rebuilds the ledger from the topics. A run that has no policy
     * yet gets its first one, so that the producer may begin.
     *
     * @param tail for {@code steps} and {@code policy}; read here, left open
     * @throws IllegalStateException when a record of {@code steps} or {@code policy} cannot be read or does not follow
     */
    public void open(StepLedger ledger, TopicTail tail, WallClock clock, Duration limit) throws Exception {
        guarded(producer::initTransactions);
        AtomicReference<@Nullable Policy> last = new AtomicReference<>();
        tail.follow(List.of(topics.steps(), topics.policy()), limit);
        tail.readToEnd(
                record -> {
                    if (record.topic().equals(topics.steps())) {
                        ledger.replay(decoded(record, StepRecord.class));
                    } else if (record.value() != null) {
                        last.set(decoded(record, Policy.class));
                    }
                },
                limit);
        Policy policy = last.get();
        if (policy != null) {
            ledger.replay(policy);
        } else {
            Policy initial = Policy.initial();
            Policy now = new Policy(
                    initial.lineage(),
                    initial.weightVersion(),
                    initial.trainedGroups(),
                    initial.state(),
                    clock.millis());
            write(List.of(now));
            ledger.replay(now);
        }
        log.info(
                "run {}: next step {}, weight version {}, {} groups trained, {}",
                topics.run(),
                ledger.nextStep(),
                ledger.policy().weightVersion(),
                ledger.totals().trained(),
                ledger.openLease() == null ? "no step leased" : "that step is leased");
    }

    private static <T extends ControlRecord> T decoded(ConsumerRecord<byte[], byte[]> record, Class<T> type) {
        try {
            if (record.value() == null) {
                throw new BadRecordException("the record has no value");
            }
            return ControlCodec.decode(record.value(), type);
        } catch (BadRecordException e) {
            throw new IllegalStateException(
                    "offset " + record.offset() + " of " + record.topic() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Writes records in one transaction; they are durable when it returns.
     *
     * @throws FencedException when a newer trainer consumer has taken the run
     * @throws RuntimeException when the broker did not take them: whether they stand is then unknown, so the caller must
     *     end and read the topics again
     */
    public void write(List<? extends ControlRecord> records) {
        guarded(() -> {
            producer.beginTransaction();
            for (ControlRecord record : records) {
                // The commit throws what any of these fails with.
                var _ = producer.send(producerRecord(record));
            }
            producer.commitTransaction();
        });
    }

    private ProducerRecord<byte[], byte[]> producerRecord(ControlRecord record) {
        byte[] value = ControlCodec.encode(record);
        return switch (record) {
            case Policy policy -> new ProducerRecord<>(topics.policy(), KafkaClients.key(Policy.KEY), value);
            case StepRecord step -> new ProducerRecord<>(topics.steps(), KafkaClients.key(key(step)), value);
            default -> throw new IllegalArgumentException("neither a step nor a policy: " + record);
        };
    }

    private static String key(StepRecord record) {
        return switch (record) {
            case StepRecord.Lease lease -> lease.step().toString();
            case StepRecord.Acknowledgement ack -> ack.step().toString();
            case StepRecord.Discard discard -> discard.groupIndex().toString();
            case StepRecord.Abandonment abandonment -> abandonment.groupIndex().toString();
            case StepRecord.Rejection rejection -> rejection.groupIndex().toString();
            case StepRecord.Skip skip -> skip.partition() + "@" + skip.offset();
            case StepRecord.Resume resume -> resume.step().toString();
            case StepRecord.Snapshot snapshot -> StepRecord.Snapshot.KEY;
        };
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) {
                    throw new FencedException(topics.run(), e);
                }
            }
            throw e;
        }
    }

    @Override
    public void close() {
        producer.close(closeLimit);
    }
}
