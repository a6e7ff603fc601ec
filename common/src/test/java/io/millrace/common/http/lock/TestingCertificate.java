package io.millrace.common.http.lock;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificates for 127.0.0.1 and localhost, each its own authority. Java makes none without a program beside it, which takes
 * seconds; their few fields (RFC 5280, in DER) are written here.
 */
public final class TestingCertificate {
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OID = 0x06;
    private static final int UTF8 = 0x0c;
    private static final int UTC_TIME = 0x17;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int VERSION = 0xa0;
    private static final int EXTENSIONS = 0xa3;
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    private static final byte[] ECDSA_WITH_SHA256 = {0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2};
    private static final byte[] COMMON_NAME = {0x55, 4, 3};
    private static final byte[] ALTERNATIVE_NAME = {0x55, 0x1d, 0x11};

    private TestingCertificate() {}

    /** Makes a certificate and its key in PEM files of that name. */
    public static TlsSettings make(Path folder, String name) throws GeneralSecurityException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        byte[] algorithm = der(SEQUENCE, der(OID, ECDSA_WITH_SHA256));
        byte[] known = der(
                SEQUENCE,
                der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8, name.getBytes(StandardCharsets.UTF_8)))));
        byte[] names = der(
                SEQUENCE,
                der(IP_ADDRESS, new byte[] {127, 0, 0, 1}),
                der(DNS_NAME, "localhost".getBytes(StandardCharsets.US_ASCII)));
        byte[] toSign = der(
                SEQUENCE,
                der(VERSION, der(INTEGER, new byte[] {2})),
                der(INTEGER, BigInteger.valueOf(name.hashCode() & 0xffff).toByteArray()),
                algorithm,
                known,
                der(SEQUENCE, time("200101000000Z"), time("491231235959Z")),
                known,
                pair.getPublic().getEncoded(),
                der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, der(OID, ALTERNATIVE_NAME), der(OCTET_STRING, names)))));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(toSign);
        byte[] whole = der(SEQUENCE, toSign, algorithm, der(BIT_STRING, new byte[] {0}, signature.sign()));
        Path certificate = folder.resolve(name + ".pem");
        Path key = folder.resolve(name + "-key.pem");
        pem(certificate, "CERTIFICATE", whole);
        pem(key, "PRIVATE KEY", pair.getPrivate().getEncoded());
        return new TlsSettings(certificate, key);
    }

    private static byte[] time(String text) {
        return der(UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        int length = content.size();
        if (length > 255) {
            all.write(0x82);
            all.write(length >> 8);
        } else if (length > 127) {
            all.write(0x81);
        }
        all.write(length);
        all.writeBytes(content.toByteArray());
        return all.toByteArray();
    }

    private static void pem(Path file, String what, byte[] bytes) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }

    /** Of a client that trusts exactly this certificate. */
    public static SSLContext trusting(Path certificate) throws GeneralSecurityException, IOException {
        KeyStore known = KeyStore.getInstance(KeyStore.getDefaultType());
        known.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            known.setCertificateEntry(
                    "own", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(known);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
