package io.millrace.producer.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.testing.ManualTicker;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.junit.jupiter.api.Test;

class ShareGroupRoomTest {
    @Test
    void workersNearTheBrokersLimitAreSaidWithSettingAndValue() {
        assertNull(ShareGroupRoom.warning(179, 200));
        String warning = ShareGroupRoom.warning(180, 200);
        assertNotNull(warning);
        assertTrue(warning.startsWith("180 workers are at work, and the broker's group.share.max.size lets 200 claim"));
        assertEquals(warning.replace("180", "201"), ShareGroupRoom.warning(201, 200));
    }

    @Test
    void aClusterThatNamesNoBrokerIsNoReasonToEnd() {
        try (Admin admin = KafkaClients.patient(new KafkaSettings("127.0.0.1:1", Map.of()), 1 << 20)
                .admin("test")) {
            Collection<Node> none = List.of();
            new ShareGroupRoom(admin, KafkaFuture.completedFuture(none), new ManualTicker()).turn(1_000);
        }
    }

    @Test
    void aBrokerThatDoesNotTellIsNoReasonToWarn() {
        assertNull(ShareGroupRoom.warning(1_000, Long.MAX_VALUE));
    }
}
