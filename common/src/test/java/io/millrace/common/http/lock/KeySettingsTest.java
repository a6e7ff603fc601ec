package io.millrace.common.http.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.config.Secret;
import io.millrace.common.config.SettingException;
import io.millrace.common.testing.SettingsContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeySettingsTest implements SettingsContract<KeySettings> {
    @Override
    public Class<KeySettings> settings() {
        return KeySettings.class;
    }

    @Test
    void theFirstTokenIsShown(@TempDir Path folder) throws Exception {
        assertEquals(Optional.empty(), new KeySettings(null, null, null).authorization());
        assertEquals(
                Optional.of("Bearer of-the-environment"),
                new KeySettings(null, new Secret("of-the-environment"), null).authorization());
        Path file = Files.writeString(
                folder.resolve("token"), "# the run's\n\nfull-token-0123456789\nanother-0123456789\n");
        assertEquals(Optional.of("Bearer full-token-0123456789"), new KeySettings(file, null, null).authorization());
    }

    @Test
    void aFileThatIsNoCertificateIsRefused(@TempDir Path folder) throws Exception {
        Path other = Files.writeString(folder.resolve("other"), "");
        assertEquals(
                "--tls-ca-file " + other + " has no certificate",
                assertThrows(SettingException.class, () -> new KeySettings(null, null, other).trust())
                        .getMessage());
    }
}
