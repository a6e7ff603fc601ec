package io.millrace.worker.publish;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes down what this worker passed over. Thread-safe. */
public final class DeadLetters {
    private static final String READER = "worker";

    private final Producer<byte[], byte[]> producer;
    private final RunTopics topics;
    private final Duration limit;

    /**
     * @param producer not owned
     * @param limit how long a caller waits for the broker
     */
    public DeadLetters(Producer<byte[], byte[]> producer, RunTopics topics, Duration limit) {
        this.producer = producer;
        this.topics = topics;
        this.limit = limit;
    }

    /**
     * Waits until the broker has it.
     *
     * @return false when the broker has not answered within the limit, or has refused
     */
    public boolean unreadable(ConsumerRecord<byte[], byte[]> record, String reason) throws InterruptedException {
        byte[] value = record.value() == null ? new byte[0] : record.value();
        byte[] begin = Arrays.copyOf(value, Math.min(value.length, DeadLetter.Unreadable.BEGIN_BYTES));
        DeadLetter letter = new DeadLetter.Unreadable(
                record.topic(),
                record.partition(),
                record.offset(),
                READER,
                reason,
                value.length,
                Base64.getEncoder().encodeToString(begin));
        String place = record.topic() + "-" + record.partition() + "@" + record.offset();
        try {
            producer.send(new ProducerRecord<>(
                            topics.deadLetters(), 0, KafkaClients.key(place), ControlCodec.encode(letter)))
                    .get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }
}
