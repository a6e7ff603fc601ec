package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaClientsTest {
    /** Nobody listens there; clients are made without a connection. */
    private static final String NOWHERE = "127.0.0.1:1";

    private static KafkaClients clients(Map<String, String> properties) {
        return new KafkaClients(new KafkaSettings(NOWHERE, properties), 1 << 20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "acks",
                "enable.idempotence",
                "transactional.id",
                "max.request.size",
                "bootstrap.servers",
                "client.id",
                "key.serializer",
                "value.serializer",
                "key.deserializer",
                "value.deserializer",
                "group.id",
                "auto.offset.reset",
                "isolation.level",
                "enable.auto.commit",
                "share.acquire.mode",
                "share.acknowledgement.mode"
            })
    void aPropertyAPromiseRestsOnIsRefusedWithThePromise(String key) {
        String message = assertThrows(SettingException.class, () -> clients(Map.of(key, "x")))
                .getMessage();
        assertTrue(message.matches("--kafka and --kafka-file must not set " + key + ": .{10,}"), message);
    }

    @Test
    void otherPropertiesArePassedThrough() {
        KafkaClients clients = clients(Map.of("linger.ms", "7", "max.poll.records", "3", "compression.type", "lz4"));
        try (Producer<byte[], byte[]> producer = clients.producer("p");
                Consumer<byte[], byte[]> follower = clients.follower("f")) {
            assertTrue(producer.metrics().keySet().stream()
                    .anyMatch(name -> "p".equals(name.tags().get("client-id"))));
            assertTrue(follower.metrics().keySet().stream()
                    .anyMatch(name -> "f".equals(name.tags().get("client-id"))));
        }
    }

    @Test
    void aPropertyKafkaRefusesIsABadSetting() {
        String message = assertThrows(
                        SettingException.class,
                        () -> clients(Map.of("linger.ms", "soon")).producer("p"))
                .getMessage();
        assertTrue(message.startsWith("--bootstrap or --kafka: cannot make a producer: "), message);
        assertTrue(message.contains("linger.ms"), message);
    }

    @Test
    void aBootstrapThatIsNoAddressIsABadSetting() {
        KafkaClients clients = new KafkaClients(new KafkaSettings("no address", Map.of()), 1 << 20);
        String message = assertThrows(SettingException.class, () -> clients.follower("f"))
                .getMessage();
        assertTrue(message.startsWith("--bootstrap or --kafka: cannot make a consumer: "), message);
    }

    @Test
    void onlyWhatMayDoBetterLaterHasACause() {
        KafkaClients exchanged = clients(Map.of(
                "security.protocol", "SSL", "ssl.truststore.location", "not-there.pem", "ssl.truststore.type", "PEM"));
        SettingException later = assertThrows(SettingException.class, () -> exchanged.follower("f"));
        assertNotNull(later.getCause(), later::getMessage);
        KafkaClients wrong = clients(Map.of("linger.ms", "soon"));
        assertNull(
                assertThrows(SettingException.class, () -> wrong.producer("p")).getCause());
        KafkaClients noAddress = new KafkaClients(new KafkaSettings("no address", Map.of()), 1 << 20);
        assertNull(assertThrows(SettingException.class, () -> noAddress.follower("f"))
                .getCause());
    }

    @Test
    void aShareConsumerNeedsNoBrokerToBeMade() {
        try (ShareConsumer<byte[], byte[]> consumer = clients(Map.of()).shareConsumer("s", "group", 2)) {
            assertEquals(java.util.Set.of(), consumer.subscription());
        }
    }

    @Test
    void aGroupsKeyIsItsIndexInDecimal() {
        assertArrayEquals("1204".getBytes(StandardCharsets.US_ASCII), KafkaClients.key(new GroupIndex(1204)));
    }
}
