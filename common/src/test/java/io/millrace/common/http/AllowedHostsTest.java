package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {
    private final AllowedHosts hosts =
            new AllowedHosts("0.0.0.0", List.of("Trainer.example.com", ".svc.cluster.local"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1:9400",
                "127.0.0.1",
                "10.1.2.3:80",
                "[::1]:9400",
                "[fe80::1%25eth0]",
                "localhost:9400",
                "LOCALHOST",
                "app.localhost:9400",
                "trainer:9400",
                "gpu-host-7",
                "gpu_host_7:1",
                "trainer.example.com:9400",
                "trainer.example.com.",
                "millrace.ml.svc.cluster.local:9400"
            })
    void ownNamesAreKnown(String authority) {
        assertTrue(hosts.known(authority), authority);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example:9400",
                "evil.com",
                "trainer.example.com.evil.com",
                "xtrainer.example.com",
                "example.com",
                "svc.cluster.local",
                "evilsvc.cluster.local",
                "127.0.0.1.evil.com",
                "localhost.evil.com",
                "notlocalhost.com",
                "0x7f.1",
                "",
                ":9400",
                "[::1",
                "a:b:c",
                "evil.com:80:90",
                "trainer:9400 evil.com",
                "user@trainer"
            })
    void foreignNamesAreNot(String authority) {
        assertFalse(hosts.known(authority), authority);
    }

    @Test
    void theNameListenedOnIsKnown() {
        assertTrue(new AllowedHosts("gpu7.example.com", List.of()).known("gpu7.example.com:9400"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:9400, 127.0.0.1:9400, true",
        "http://trainer:9400, trainer:9400, true",
        "http://TRAINER:9400, trainer:9400, true",
        "https://trainer.example.com, 10.0.0.1:9400, true",
        "http://127.0.0.1:8080, 127.0.0.1:9400, false",
        "http://localhost:9400, 127.0.0.1:9400, false",
        "http://evil.example, 127.0.0.1:9400, false",
        "http://trainer, trainer:9400, false",
        "null, 127.0.0.1:9400, false",
        "file://, 127.0.0.1:9400, false",
        "127.0.0.1:9400, 127.0.0.1:9400, false",
    })
    void onlyPagesOfTheServerItselfOrOfANameThatIsSetMayCall(String origin, String authority, boolean known) {
        assertTrue(hosts.knownOrigin(origin, authority) == known, origin);
    }
}
