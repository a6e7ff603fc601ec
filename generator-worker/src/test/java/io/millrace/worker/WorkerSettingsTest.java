package io.millrace.worker;

import io.millrace.common.testing.SettingsContract;
import java.util.Map;

class WorkerSettingsTest implements SettingsContract<WorkerSettings> {
    @Override
    public Class<WorkerSettings> settings() {
        return WorkerSettings.class;
    }

    @Override
    public Map<String, String> given() {
        return Map.of("run", "demo");
    }

    @Override
    public Map<String, String> examples() {
        return Map.of("engine-url", "http://a:1,http://b:2");
    }
}
