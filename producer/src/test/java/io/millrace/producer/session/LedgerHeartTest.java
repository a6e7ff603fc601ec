package io.millrace.producer.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class LedgerHeartTest {
    @Test
    void aForgottenWorkerLeavesNothingOnTheCompactedTopic() {
        try (MockProducer<byte[], byte[]> producer =
                new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer())) {
            LedgerHeart heart = new LedgerHeart(
                    producer, "r.workers", new ManualClock(), new ManualTicker(), Duration.ofSeconds(2));
            WorkerIncarnation worker = new WorkerIncarnation("w1", "a");
            heart.forget(worker);
            assertEquals(1, producer.history().size());
            ProducerRecord<byte[], byte[]> record = producer.history().getFirst();
            assertEquals("r.workers", record.topic());
            assertArrayEquals(KafkaClients.key(worker.key()), record.key());
            assertNull(record.value());
        }
    }
}
