package io.millrace.trainer.download;

import io.millrace.common.testing.SettingsContract;

class DownloadSettingsTest implements SettingsContract<DownloadSettings> {
    @Override
    public Class<DownloadSettings> settings() {
        return DownloadSettings.class;
    }
}
