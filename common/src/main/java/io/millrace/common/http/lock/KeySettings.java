package io.millrace.common.http.lock;

import io.millrace.common.config.Secret;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** What a client of a process's HTTP server shows, and whom it trusts: the other side of {@link LockSettings}. */
public record KeySettings(
        @Setting(help = "File whose first line is the token to show; lines that begin with # are passed over") @Nullable
        Path apiTokenFile,

        @Setting(help = "The token to show; never a flag: environment or settings file") @Nullable
        Secret apiToken,

        @Setting(help = "PEM file of who signs the server's certificate; those that Java knows when unset") @Nullable
        Path tlsCaFile) {
    /**
     * The value of the header {@code Authorization}.
     *
     * @throws SettingException when the file has no token
     */
    public Optional<String> authorization() {
        if (apiToken != null) {
            return Optional.of("Bearer " + apiToken.text().strip());
        }
        return apiTokenFile == null
                ? Optional.empty()
                : Optional.of("Bearer " + new TokenFile("--api-token-file", apiTokenFile, Ticker.system()).firstLine());
    }

    /**
     * Trusts the file's certificates, or those that Java knows.
     *
     * @throws SettingException when it cannot be read or has no certificate
     */
    public SSLContext trust() {
        try {
            if (tlsCaFile == null) {
                return SSLContext.getDefault();
            }
            KeyStore known = KeyStore.getInstance(KeyStore.getDefaultType());
            known.load(null, null);
            try (InputStream in = Files.newInputStream(tlsCaFile)) {
                for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    known.setCertificateEntry("ca-" + known.size(), one);
                }
            }
            if (known.size() == 0) {
                throw new SettingException("--tls-ca-file " + tlsCaFile + " has no certificate");
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(known);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new SettingException("--tls-ca-file " + tlsCaFile + " cannot be read: "
                    + e.getClass().getSimpleName());
        }
    }
}
