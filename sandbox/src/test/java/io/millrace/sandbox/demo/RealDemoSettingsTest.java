package io.millrace.sandbox.demo;

import io.millrace.common.testing.SettingsContract;

class RealDemoSettingsTest implements SettingsContract<RealDemoSettings> {
    @Override
    public Class<RealDemoSettings> settings() {
        return RealDemoSettings.class;
    }
}
