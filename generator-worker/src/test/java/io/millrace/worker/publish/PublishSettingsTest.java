package io.millrace.worker.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingsBinder;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;

class PublishSettingsTest {
    /** The least that {@code --record-size-max} can be. */
    private static final int RECORD_BYTES_MIN = 64 << 10;

    /** Of the fallback while a property is not set. */
    private static int number(Map<String, Object> properties, String name) {
        Object fallback = ProducerConfig.configDef().defaultValues().get(name);
        return ((Number) properties.getOrDefault(name, fallback)).intValue();
    }

    private static PublishSettings settings(String publishTimeout) {
        return SettingsBinder.of(PublishSettings.class, Map.of("publish-timeout", publishTimeout));
    }

    /** A batch above it is refused, cut and sent again, and stands in the way of what follows. */
    @Test
    void aBatchOfSeveralRecordsFitsTheTopicWhateverItsLimit() {
        assertTrue(number(settings("10m").producerProperties(Map.of()), "batch.size") <= RECORD_BYTES_MIN);
    }

    @Test
    void aRecordMayWaitAsLongAsTheSettingSaysAndTheClientTakesIt() {
        for (String timeout : new String[] {"1s", "30s", "10m"}) {
            Map<String, Object> properties = settings(timeout).producerProperties(Map.of());
            int whole = number(properties, "delivery.timeout.ms");
            assertEquals(settings(timeout).publishTimeout().toMillis(), whole);
            assertTrue(number(properties, "linger.ms") + number(properties, "request.timeout.ms") <= whole, timeout);
        }
    }

    @Test
    void whatTheUserHasSetIsLeft() {
        assertFalse(
                settings("10m").producerProperties(Map.of("linger.ms", "100")).containsKey("linger.ms"));
    }
}
