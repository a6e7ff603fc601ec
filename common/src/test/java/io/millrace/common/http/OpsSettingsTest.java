package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.testing.SettingsContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpsSettingsTest implements SettingsContract<OpsSettings> {
    @Override
    public Class<OpsSettings> settings() {
        return OpsSettings.class;
    }

    private static OpsSettings bind(String readyTimeout) {
        return SettingsBinder.of(OpsSettings.class, Map.of("ready-timeout", readyTimeout));
    }

    @Test
    void aLimitThatIsShorterThanAHealthyLoopIsSilentIsRefused() {
        assertEquals(Duration.ofSeconds(2), bind("2s").readyTimeout());
        for (String tooShort : List.of("0s", "1999ms")) {
            String refusal = String.valueOf(
                    assertThrows(SettingException.class, () -> bind(tooShort)).getMessage());
            assertTrue(refusal.contains("--ready-timeout"), refusal);
        }
    }
}
