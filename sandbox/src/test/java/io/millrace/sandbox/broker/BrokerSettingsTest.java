package io.millrace.sandbox.broker;

import io.millrace.common.testing.SettingsContract;

class BrokerSettingsTest implements SettingsContract<BrokerSettings> {
    @Override
    public Class<BrokerSettings> settings() {
        return BrokerSettings.class;
    }
}
