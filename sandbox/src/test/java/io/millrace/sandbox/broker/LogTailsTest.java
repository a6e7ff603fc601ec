package io.millrace.sandbox.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailsTest {
    private static final String TOPIC = "cut";
    private static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
    private static final TopicPartition SECOND = new TopicPartition(TOPIC, 1);

    @TempDir
    Path folder;

    private EmbeddedBroker broker() {
        return EmbeddedBroker.start(BrokerSettings.alone("127.0.0.1", 0, folder.resolve("kafka"), true));
    }

    private static KafkaClients clients(EmbeddedBroker broker) {
        return new KafkaClients(new KafkaSettings(broker.bootstrap(), Map.of()), 1 << 20);
    }

    private static void send(EmbeddedBroker broker, TopicPartition partition, int records) throws Exception {
        try (Producer<byte[], byte[]> producer = clients(broker).producer("test")) {
            for (int i = 0; i < records; i++) {
                // One by one, so that each is a batch.
                producer.send(new ProducerRecord<>(
                                TOPIC,
                                partition.partition(),
                                new byte[0],
                                ("record " + i).getBytes(StandardCharsets.UTF_8)))
                        .get();
            }
        }
    }

    private static long end(EmbeddedBroker broker, TopicPartition partition) {
        try (Consumer<byte[], byte[]> consumer = clients(broker).follower("test-eye")) {
            return consumer.endOffsets(List.of(partition)).getOrDefault(partition, -1L);
        }
    }

    @Test
    void whatIsCutIsGoneAtTheNextStartAndItsOffsetsAreTakenAgain() throws Exception {
        LogTails tails = new LogTails(folder.resolve("kafka"));
        try (EmbeddedBroker broker = broker();
                Admin admin = clients(broker).admin("test-admin")) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(2), Optional.of((short) 1))))
                    .all()
                    .get();
            send(broker, FIRST, 5);
            send(broker, SECOND, 5);
            String refusal = assertThrows(IllegalStateException.class, () -> tails.cutBytes(FIRST, 10))
                    .getMessage();
            assertTrue(refusal.contains("runs; stop it before"), refusal);
        }
        assertEquals(List.of(FIRST, SECOND), tails.partitions(TOPIC));
        assertEquals(10, tails.cutBytes(FIRST, 10), "a torn batch");
        assertTrue(tails.cutBatches(SECOND, 2) > 0, "whole batches");
        try (EmbeddedBroker broker = broker()) {
            assertEquals(4, end(broker, FIRST));
            assertEquals(3, end(broker, SECOND));
            send(broker, FIRST, 1);
            assertEquals(5, end(broker, FIRST), "the offset is taken again");
        }
        tails.cutBytes(FIRST, Long.MAX_VALUE);
        tails.cutBatches(SECOND, Integer.MAX_VALUE);
        try (EmbeddedBroker broker = broker()) {
            assertEquals(0, end(broker, FIRST));
            assertEquals(0, end(broker, SECOND));
        }
    }
}
