package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.testing.SettingsContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest implements SettingsContract<KafkaSettings> {
    @Override
    public Class<KafkaSettings> settings() {
        return KafkaSettings.class;
    }

    @Test
    void anEmptyBootstrapIsRefused() {
        assertEquals(
                "--bootstrap must not be empty",
                assertThrows(IllegalArgumentException.class, () -> new KafkaSettings(" ", Map.of()))
                        .getMessage());
    }
}
