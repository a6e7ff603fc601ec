package io.millrace.sandbox.trainer;

import io.millrace.common.testing.SettingsContract;
import java.util.Map;

class SimulatedTrainerSettingsTest implements SettingsContract<SimulatedTrainerSettings> {
    @Override
    public Class<SimulatedTrainerSettings> settings() {
        return SimulatedTrainerSettings.class;
    }

    @Override
    public Map<String, String> given() {
        return Map.of("steps", "20");
    }

    @Override
    public Map<String, String> examples() {
        return Map.of("trainer-url", "http://a:1", "engine-url", "http://a:1,http://b:2");
    }
}
