package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.SettingsContract;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDoorSettingsTest implements SettingsContract<HttpDoorSettings> {
    @Override
    public Class<HttpDoorSettings> settings() {
        return HttpDoorSettings.class;
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://a.example", "a.example:80", "*", "*.example", "a b", "", "."})
    void whatIsNoNameIsRefused(String host) {
        List<String> hosts = List.of(host);
        String message = assertThrows(IllegalArgumentException.class, () -> HttpDoorSettings.answering(hosts))
                .getMessage();
        assertTrue(message.contains("--allowed-hosts"), message);
    }
}
