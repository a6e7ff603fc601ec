package io.millrace.common.config;

import io.millrace.common.testing.SettingsContract;
import java.util.Map;

/** The contract holds for a record with every type; the other modules' records rest on it. */
class EverySettingTest implements SettingsContract<TestingSettings.Everything> {
    @Override
    public Class<TestingSettings.Everything> settings() {
        return TestingSettings.Everything.class;
    }

    @Override
    public Map<String, String> given() {
        return Map.of("run", "demo");
    }
}
