package io.millrace.common.http.lock;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What a process's HTTP server is known by, and encrypts with. */
public record TlsSettings(
        @Setting(
                help = "PEM file with the certificate that the HTTP server shows, and those that lead to its authority"
                        + " after it; serves https, and is read anew when it changes; with tls-key-file")
        @Nullable
        Path tlsCertificateFile,

        @Setting(help = "PEM file with the certificate's private key, PKCS #8 and not encrypted (BEGIN PRIVATE KEY)")
        @Nullable
        Path tlsKeyFile) {
    /** Plain HTTP. */
    public static final TlsSettings NONE = new TlsSettings(null, null);

    /** @throws SettingException when one of the two is missing */
    void requireBoth() {
        if ((tlsCertificateFile == null) != (tlsKeyFile == null)) {
            throw SettingException.impossible(
                    "--tls-certificate-file and --tls-key-file",
                    "both are needed for https, " + (tlsKeyFile == null ? "the key" : "the certificate")
                            + " is not given");
        }
    }
}
