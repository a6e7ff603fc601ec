package io.millrace.worker.engine;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.net.URI;
import java.util.List;

/** Which engines a worker asks, and in which dialect. */
public record EngineSettings(
        @Setting(defaultValue = "sglang", help = "Dialect that the engines speak")
        Dialect engine,

        @Setting(
                name = "engine-url",
                defaultValue = "http://127.0.0.1:30000",
                help = "Base URL of an engine or router; repeat it or separate by commas for several")
        List<String> engineUrls) {
    public EngineSettings {
        engineUrls = engineUrls.stream().map(EngineSettings::address).distinct().toList();
        if (engineUrls.isEmpty()) {
            throw SettingException.impossible("--engine-url", "at least one engine is needed");
        }
    }

    /**
     * An engine's address as it is used.
     *
     * @throws SettingException when it is none
     */
    public static String address(String url) {
        try {
            URI uri = URI.create(url);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
            }
        } catch (IllegalArgumentException e) {
            // Falls through to the one clear message.
        }
        throw SettingException.impossible("--engine-url", "must be http(s)://host:port, was '" + url + "'");
    }
}
