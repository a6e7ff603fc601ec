package io.millrace.common.topics;

import io.millrace.common.testing.SettingsContract;
import java.util.Map;

class TopicSettingsTest implements SettingsContract<TopicSettings> {
    @Override
    public Class<TopicSettings> settings() {
        return TopicSettings.class;
    }

    @Override
    public Map<String, String> given() {
        return Map.of("run", "demo");
    }
}
