package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.HangingTransactions;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.testing.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What our clients make of a real broker that comes back without the end of a log. */
class TruncatedLogTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final TopicPartition LOG = new TopicPartition("log", 0);

    @TempDir
    Path folder;

    private OwnBroker broker;
    private KafkaClients clients;

    @BeforeEach
    void begin() throws Exception {
        broker = new OwnBroker(folder);
        clients = new KafkaClients(new KafkaSettings(broker.bootstrap(), Map.of()), 1 << 20);
        try (Admin admin = clients.admin("test-admin")) {
            admin.createTopics(List.of(new NewTopic(LOG.topic(), Optional.of(1), Optional.of((short) 1))))
                    .all()
                    .get();
        }
    }

    @AfterEach
    void end() {
        broker.close();
    }

    /** One by one, so that each is a batch. */
    private void send(int records) throws Exception {
        try (Producer<byte[], byte[]> producer = clients.producer("test-hand")) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(LOG.topic(), 0, new byte[0], new byte[] {1}))
                        .get();
            }
        }
    }

    private void loses(int batches) throws Exception {
        broker.loses(tails -> tails.cutBatches(LOG, batches));
    }

    private static void assertSaysSo(TopicTail tail, List<Long> read) {
        List<Long> before = List.copyOf(read);
        String message = assertThrows(TruncatedLogException.class, () -> {
                    long deadlineNanos = System.nanoTime() + LIMIT.toNanos();
                    while (System.nanoTime() < deadlineNanos) {
                        tail.poll(Duration.ofMillis(200), record -> read.add(record.offset()));
                    }
                })
                .getMessage();
        assertTrue(message.contains("log-0 was read up to offset 5"), message);
        assertEquals(before, read, "no position moves by itself");
    }

    @Test
    void whoHasReadBeyondTheEndIsToldInsteadOfBeingMoved() throws Exception {
        send(5);
        List<Long> read = new ArrayList<>();
        try (TopicTail tail = new TopicTail(clients.follower("test-eye"))) {
            tail.followFrom(Map.of(LOG, 0L));
            tail.readToEnd(record -> read.add(record.offset()), LIMIT);
            assertEquals(5, read.size());
            loses(2);
            assertSaysSo(tail, read);
        }
    }

    @Test
    void whoHasReadWhatOtherRecordsHaveTakenThePlaceOfIsToldToo() throws Exception {
        send(5);
        List<Long> read = new ArrayList<>();
        try (TopicTail tail = new TopicTail(clients.follower("test-eye"))) {
            tail.followFrom(Map.of(LOG, 0L));
            tail.readToEnd(record -> read.add(record.offset()), LIMIT);
            assertEquals(5, read.size());
            loses(2);
            send(4);
            assertSaysSo(tail, read);
        }
    }

    @Test
    void aTransactionWhoseEndIsLostIsAbortedAndHoldsNobodyBack() throws Exception {
        try (Producer<byte[], byte[]> writer = clients.transactionalProducer("test-writer", "writer")) {
            writer.initTransactions();
            writer.beginTransaction();
            var _ = writer.send(new ProducerRecord<>(LOG.topic(), 0, new byte[0], new byte[] {1}));
            writer.commitTransaction();
        }
        try (PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("test-eye")), LIMIT)) {
            Await.until("the end of the transaction stands, too", () -> reader.end(LOG) == 2, LIMIT);
        }
        loses(1);
        send(1);
        try (Producer<byte[], byte[]> writer = clients.transactionalProducer("test-writer", "writer");
                PartitionReader reader = new PartitionReader(new TopicTail(clients.follower("test-eye")), LIMIT);
                Admin admin = clients.admin("test-admin")) {
            writer.initTransactions();
            assertEquals(0, reader.end(LOG), "readers of committed records stop before it");
            assertEquals(1, HangingTransactions.abort(admin, "writer", List.of(LOG), LIMIT));
            assertEquals(3, reader.end(LOG));
            List<Long> read = new ArrayList<>();
            reader.read(LOG, 0, record -> read.add(record.offset()));
            assertEquals(List.of(1L), read, "what it wrote counts as never written");
            assertEquals(0, HangingTransactions.abort(admin, "writer", List.of(LOG), LIMIT));
        }
    }
}
