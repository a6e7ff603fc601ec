package io.millrace.producer.publish;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.TrainingTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes tasks, a batch in one transaction, so that after any death the topic ends with a whole batch and the next
 * index follows from it. The transactional id is the run's: {@link #open} fences whoever published before. Not
 * thread-safe; calls block up to the client's {@code max.block.ms}.
 */
public final class PromptPublisher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PromptPublisher.class);

    private final Supplier<Producer<byte[], byte[]>> producers;
    private final PromptLog promptLog;
    private final String topic;
    private final String transactionalId;
    private final int valueBytesMax;
    private final Runnable unanswered;
    private @Nullable Producer<byte[], byte[]> producer;

    /**
     * @param producers makes producers with the transactional id
     * @param valueBytesMax the largest task, in bytes of its JSON
     * @param unanswered called for each commit whose outcome has to be read from the topic
     */
    public PromptPublisher(
            Supplier<Producer<byte[], byte[]>> producers,
            PromptLog promptLog,
            String topic,
            String transactionalId,
            int valueBytesMax,
            Runnable unanswered) {
        this.producers = producers;
        this.promptLog = promptLog;
        this.topic = topic;
        this.transactionalId = transactionalId;
        this.valueBytesMax = valueBytesMax;
        this.unanswered = unanswered;
    }

    /** What {@link #publish} came to. */
    public sealed interface Outcome {
        /** @param tasks all of the batch, in order */
        record Committed(List<PublishedTask> tasks) implements Outcome {}

        /** Nothing of the batch stands on the topic, and nothing of it ever will; publish again. */
        record NotCommitted(KafkaException cause) implements Outcome {}
    }

    /**
     * Fences an older producer of the run, and ends what it left open: what {@link PromptLog} reads afterwards is final.
     *
     * @throws FencedException when a still newer one has fenced this one
     */
    public void open() throws FencedException {
        close();
        Producer<byte[], byte[]> made = producers.get();
        producer = made;
        try {
            made.initTransactions();
        } catch (KafkaException e) {
            throw refuseFenced(e);
        }
    }

    /**
     * Publishes the tasks, all or none.
     *
     * @param tasks 1 or more, indices rising by one from the one after the last published
     * @throws FencedException when a newer producer has taken the run
     * @throws KafkaException when Kafka refuses for good, or does not answer in time
     */
    public Outcome publish(List<TrainingTask> tasks) throws FencedException, BadRecordException {
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
            throw new IllegalStateException("open() first");
        }
        try {
            current.beginTransaction();
            List<Future<RecordMetadata>> sent = new ArrayList<>(tasks.size());
            for (TrainingTask task : tasks) {
                sent.add(current.send(record(task)));
            }
            current.commitTransaction();
            List<PublishedTask> published = new ArrayList<>(tasks.size());
            for (int i = 0; i < tasks.size(); i++) {
                published.add(
                        new PublishedTask(tasks.get(i), sent.get(i).resultNow().offset()));
            }
            return new Outcome.Committed(List.copyOf(published));
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            KafkaException kept = refuseFenced(e);
            if (!retriable(kept)) {
                throw kept;
            }
            return resolve(tasks, kept);
        }
    }

    private ProducerRecord<byte[], byte[]> record(TrainingTask task) {
        byte[] value = ControlCodec.encode(task);
        if (value.length > valueBytesMax) {
            throw new IllegalStateException("group " + task.groupIndex() + " (line "
                    + task.source().row() + ") makes a task of " + value.length + " bytes, --record-size-max is "
                    + valueBytesMax);
        }
        return new ProducerRecord<>(topic, 0, KafkaClients.key(task.groupIndex()), value);
    }

    /**
     * The outcome of a commit that was not answered is read, not guessed: a new producer of the same id first makes the
     * broker finish or abort the transaction, then the topic's end says which.
     */
    private Outcome resolve(List<TrainingTask> tasks, KafkaException cause) throws FencedException, BadRecordException {
        GroupIndex first = tasks.getFirst().groupIndex();
        GroupIndex last = tasks.getLast().groupIndex();
        log.warn("outcome of groups {} to {} unknown, reading the topic's end: {}", first, last, cause.toString());
        unanswered.run();
        open();
        PublishedTask newest = promptLog.last();
        if (newest == null || newest.task().groupIndex().compareTo(first) < 0) {
            return new Outcome.NotCommitted(cause);
        }
        if (!newest.task().groupIndex().equals(last)) {
            throw new IllegalStateException(topic + " ends with group "
                    + newest.task().groupIndex() + " after a transaction of groups " + first + " to " + last);
        }
        List<PublishedTask> published = new ArrayList<>(tasks.size());
        promptLog.from(first, published::add);
        return new Outcome.Committed(List.copyOf(published));
    }

    private KafkaException refuseFenced(KafkaException e) throws FencedException {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) {
                throw new FencedException(transactionalId, e);
            }
        }
        return e;
    }

    private static boolean retriable(KafkaException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof RetriableException) {
                return true;
            }
        }
        return false;
    }

    /** Drops the client; a transaction under way is left to the next {@link #open} of the same id. */
    @Override
    public void close() {
        Producer<byte[], byte[]> current = producer;
        producer = null;
        if (current != null) {
            current.close(Duration.ZERO);
        }
    }
}
