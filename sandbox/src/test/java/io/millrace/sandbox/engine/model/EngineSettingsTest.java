package io.millrace.sandbox.engine.model;

import io.millrace.common.testing.SettingsContract;

class EngineSettingsTest implements SettingsContract<EngineSettings> {
    @Override
    public Class<EngineSettings> settings() {
        return EngineSettings.class;
    }
}
