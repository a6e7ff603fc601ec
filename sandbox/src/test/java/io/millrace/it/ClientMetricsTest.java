package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.testing.Await;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.BrokerDisk;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class ClientMetricsTest {
    private final String topic = KafkaCluster.uniqueRun() + ".policy";
    private final KafkaClients clients =
            new KafkaClients(new KafkaSettings(KafkaCluster.bootstrap(), Map.of()), 1 << 20);

    private static List<String> series(Metrics metrics, String part) {
        return metrics.scrape()
                .lines()
                .filter(line -> !line.startsWith("#") && line.contains(part))
                .toList();
    }

    /** @param look once a record is written and read, by clients that are bound and open */
    private void exchange(Metrics metrics, Runnable look) throws Exception {
        try (Admin admin = clients.admin("test-admin")) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
        try (Producer<byte[], byte[]> producer = clients.producer("test-producer");
                Consumer<byte[], byte[]> consumer = clients.follower("test-follower")) {
            producer.send(new ProducerRecord<>(topic, new byte[10_000])).get();
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            Await.until(
                    "the record", () -> !consumer.poll(Duration.ofMillis(100)).isEmpty(), Duration.ofSeconds(30));
            metrics.bind(producer, "results");
            metrics.bind(consumer, "policy");
            look.run();
        }
    }

    @Test
    void aTopicsSeriesComeOnceUnderItsOwnName() throws Exception {
        try (Metrics metrics = new Metrics("r1", new MetricsSettings(true))) {
            exchange(metrics, () -> {
                assertFalse(series(metrics, "topic=\"" + topic + "\"").isEmpty(), metrics::scrape);
                assertEquals(List.of(), series(metrics, "topic=\"" + topic.replace('.', '_') + "\""));
            });
        }
    }

    @Test
    void bytesAreCountedAndTheClientsOwnMetricsLeftOutUnlessTheyAreWanted() throws Exception {
        try (Metrics metrics = new Metrics("r1")) {
            exchange(metrics, () -> {
                assertEquals(List.of(), series(metrics, "kafka_version"));
                assertTrue(value(metrics, "kafka_sent_bytes_total{client=\"results\"") > 10_000, metrics::scrape);
                assertTrue(value(metrics, "kafka_received_bytes_total{client=\"policy\"") > 10_000, metrics::scrape);
                assertTrue(value(metrics, "kafka_connections{client=\"policy\"") >= 1, metrics::scrape);
            });
        }
    }

    private static double value(Metrics metrics, String series) {
        String line = series(metrics, series).getFirst();
        return Double.parseDouble(line.substring(line.lastIndexOf(' ')));
    }

    @Test
    void aClientThatEndedTakesItsMetersAlong() throws Exception {
        try (Metrics metrics = new Metrics("r1", new MetricsSettings(true))) {
            try (Producer<byte[], byte[]> producer = clients.producer("test-producer");
                    Metrics.Binding _ = metrics.bind(producer, "results")) {
                assertFalse(series(metrics, "client=\"results\"").isEmpty());
            }
            assertEquals(List.of(), series(metrics, "client=\"results\""));
        }
    }

    @Test
    void theBrokersDisksAndTheRunsTopicsOnThemAreShown() throws Exception {
        RunTopics topics = new RunTopics(new RunId(topic.substring(0, topic.indexOf('.'))));
        try (Metrics metrics = new Metrics("r1");
                Admin admin = clients.admin("test-disk")) {
            exchange(metrics, () -> {});
            var _ = new BrokerDisk(admin, topics, metrics.registry(), Ticker.system());
            String size = "millrace_topic_size_bytes{run=\"r1\",topic=\"" + topic + "\"";
            Await.until("the topic's size", () -> !series(metrics, size).isEmpty(), Duration.ofSeconds(30));
            assertTrue(value(metrics, size) > 10_000, metrics::scrape);
            double free = value(metrics, "millrace_broker_disk_free_bytes");
            assertTrue(free > 0 && free < value(metrics, "millrace_broker_disk_size_bytes"), metrics::scrape);
        }
    }
}
