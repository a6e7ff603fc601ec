package io.millrace.common.http;

import io.millrace.common.testing.SettingsContract;

class OpsSettingsTest implements SettingsContract<OpsSettings> {
    @Override
    public Class<OpsSettings> settings() {
        return OpsSettings.class;
    }
}
