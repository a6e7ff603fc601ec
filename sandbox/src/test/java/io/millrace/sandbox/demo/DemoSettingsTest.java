package io.millrace.sandbox.demo;

import io.millrace.common.testing.SettingsContract;

class DemoSettingsTest implements SettingsContract<DemoSettings> {
    @Override
    public Class<DemoSettings> settings() {
        return DemoSettings.class;
    }
}
