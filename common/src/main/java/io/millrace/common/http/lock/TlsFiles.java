package io.millrace.common.http.lock;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.tls.Tls;
import io.millrace.common.config.SettingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Certificate and key of the settings' files. Not thread-safe. */
public final class TlsFiles {
    private static final Logger log = LoggerFactory.getLogger(TlsFiles.class);

    private final Path certificate;
    private final Path key;
    private final WatchedFile watchedCertificate;
    private final WatchedFile watchedKey;

    private TlsFiles(Path certificate, Path key) {
        this.certificate = certificate;
        this.key = key;
        this.watchedCertificate = new WatchedFile(certificate);
        this.watchedKey = new WatchedFile(key);
    }

    /**
     * Null for plain HTTP.
     *
     * @throws SettingException when one of the two is missing
     */
    public static @Nullable TlsFiles of(TlsSettings settings) {
        settings.requireBoth();
        return settings.tlsCertificateFile() == null
                ? null
                : new TlsFiles(settings.tlsCertificateFile(), Objects.requireNonNull(settings.tlsKeyFile()));
    }

    /** @throws SettingException naming the file that cannot be read or used */
    public Tls read() {
        readable("--tls-certificate-file", certificate);
        readable("--tls-key-file", key);
        try {
            Keys keys = Keys.builder()
                    .pem(pem -> pem.certChain(Resource.create(certificate)).key(Resource.create(key)))
                    .build();
            if (!fit(keys)) {
                throw new SettingException(
                        "--tls-key-file " + key + " is not the key of the certificate in " + certificate);
            }
            return Tls.builder().privateKey(keys).privateKeyCertChain(keys).build();
        } catch (SettingException e) {
            throw e;
        } catch (GeneralSecurityException | RuntimeException e) {
            // The cause's text could repeat a part of the key.
            throw SettingException.impossible(
                    "--tls-certificate-file and --tls-key-file",
                    certificate + " and " + key + " are no certificates and their private key in PEM ("
                            + e.getClass().getSimpleName() + ")");
        }
    }

    /** Whether what the key signs is of the first certificate. */
    private static boolean fit(Keys keys) throws GeneralSecurityException {
        PrivateKey key = keys.privateKey().orElseThrow();
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] text = {1, 2, 3};
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        try {
            signature.initVerify(keys.certChain().getFirst());
            signature.update(text);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException e) {
            // Keys of two kinds.
            return false;
        }
    }

    private static void readable(String flag, Path path) {
        if (!Files.isReadable(path)) {
            throw new SettingException(flag + " " + path + " cannot be read");
        }
    }

    /** Hands on what the files hold when they have changed; what cannot be used is warned of and changes nothing. */
    public void whenChanged(Consumer<Tls> taker) {
        boolean changed = watchedCertificate.changed();
        changed |= watchedKey.changed();
        if (changed) {
            try {
                taker.accept(read());
                log.info("{} has changed and is in force", certificate);
            } catch (SettingException e) {
                log.warn("the certificate stays as it was: {}", e.getMessage());
            } catch (RuntimeException e) {
                // Of the server, which may refuse what was read; the next change is looked at all the same.
                log.warn("the certificate stays as it was: the server does not take {}", certificate, e);
            }
        }
    }
}
