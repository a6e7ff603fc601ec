package io.millrace.common.http.lock;

import io.millrace.common.testing.SettingsContract;

class LockSettingsTest implements SettingsContract<LockSettings> {
    @Override
    public Class<LockSettings> settings() {
        return LockSettings.class;
    }
}
