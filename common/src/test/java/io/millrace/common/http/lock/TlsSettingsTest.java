package io.millrace.common.http.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.config.SettingException;
import io.millrace.common.testing.SettingsContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsSettingsTest implements SettingsContract<TlsSettings> {
    @Override
    public Class<TlsSettings> settings() {
        return TlsSettings.class;
    }

    private static String refusal(TlsFiles files) {
        return assertThrows(SettingException.class, files::read).getMessage();
    }

    @Test
    void oneWithoutTheOtherIsRefused() {
        assertEquals(
                "--tls-certificate-file and --tls-key-file: both are needed for https, the key is not given",
                assertThrows(SettingException.class, () -> TlsFiles.of(new TlsSettings(Path.of("a"), null)))
                        .getMessage());
        assertEquals(
                "--tls-certificate-file and --tls-key-file: both are needed for https, the certificate is not given",
                assertThrows(SettingException.class, () -> TlsFiles.of(new TlsSettings(null, Path.of("a"))))
                        .getMessage());
    }

    @Test
    void whatIsNoCertificateOrKeyIsRefusedWithoutAWordOfIt(@TempDir Path folder) throws Exception {
        Path missing = folder.resolve("missing");
        assertEquals(
                "--tls-certificate-file " + missing + " cannot be read",
                refusal(TlsFiles.of(new TlsSettings(missing, missing))));
        Path other = Files.writeString(folder.resolve("other"), "a-secret-that-is-no-key");
        String message = refusal(TlsFiles.of(new TlsSettings(other, other)));
        assertEquals(
                "--tls-certificate-file and --tls-key-file: " + other + " and " + other
                        + " are no certificates and their private key in PEM",
                message.substring(0, message.indexOf(" (")));
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused(@TempDir Path folder) throws Exception {
        TlsSettings one = TestingCertificate.make(folder, "one");
        TlsSettings two = TestingCertificate.make(folder, "two");
        String message = refusal(TlsFiles.of(new TlsSettings(one.tlsCertificateFile(), two.tlsKeyFile())));
        assertEquals(
                "--tls-key-file " + two.tlsKeyFile() + " is not the key of the certificate in "
                        + one.tlsCertificateFile(),
                message);
    }
}
