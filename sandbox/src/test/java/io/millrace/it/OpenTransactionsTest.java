package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.HangingTransactions;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A writer that was away while another one took over, and now goes on where it was. */
class OpenTransactionsTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void whatASuccessorIsWritingIsNotAborted() throws Exception {
        KafkaClients clients = new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20);
        String name = KafkaCluster.uniqueRun() + ".open";
        TopicPartition partition = new TopicPartition(name, 0);
        try (Admin admin = clients.admin("test-open");
                Producer<byte[], byte[]> first = clients.transactionalProducer("first", name);
                Producer<byte[], byte[]> second = clients.transactionalProducer("second", name);
                PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("reader")), LIMIT)) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
            first.initTransactions();
            second.initTransactions();
            second.beginTransaction();
            var _ = second.send(new ProducerRecord<>(name, new byte[] {1}));
            second.flush();

            KafkaException refused = assertThrows(
                    KafkaException.class, () -> HangingTransactions.abort(admin, name, List.of(partition), LIMIT));
            assertTrue(
                    String.valueOf(refused.getMessage()).contains("another process writes " + partition),
                    refused::toString);

            second.commitTransaction();
            List<byte[]> committed = new ArrayList<>();
            reader.read(partition, 0, record -> committed.add(record.value()));
            assertEquals(1, committed.size());
            assertEquals(0, HangingTransactions.abort(admin, name, List.of(partition), LIMIT));
        }
    }
}
