package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.common.config.Secret;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.lock.LockSettings;
import io.millrace.common.http.lock.TestingCertificate;
import io.millrace.common.http.lock.TlsSettings;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.testing.Await;
import io.millrace.common.testing.ManualClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The door with a lock on it: what comes in by which token, byte for byte, plain and encrypted. */
@Timeout(60)
class DoorLocksTest {
    private static final String FULL = "full-token-0123456789";
    private static final String READ = "read-token-0123456789";
    private static final LockSettings LOCK = new LockSettings(null, new Secret(FULL), null, new Secret(READ), false);

    private final AtomicInteger resets = new AtomicInteger();
    private final Metrics metrics = new Metrics("demo");
    private OpsServer server = start("127.0.0.1", LOCK, TlsSettings.NONE);

    private OpsServer start(String host, LockSettings lock, TlsSettings tls) {
        Health health = new Health(new ManualClock(7_000));
        health.starting("engine http://secret-host:30000");
        return OpsServer.start(
                new OpsSettings(host, 0, Health.READY_TIMEOUT, new HttpDoorSettings(List.of(), lock, tls)),
                "--ops-host and --ops-port",
                OpsServer.CONNECTIONS_MAX,
                health,
                metrics,
                Json::object,
                this::routes,
                Duration.ofMillis(500));
    }

    private void routes(HttpRouting.Builder routing) {
        routing.post("/v1/resume", (request, response) -> {
            resets.incrementAndGet();
            OpsServer.sendJson(response, Status.OK_200, Json.object());
        });
    }

    @AfterEach
    void close() {
        server.close();
        metrics.close();
    }

    private Socket plain() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static String exchange(Socket open, String request) throws IOException {
        try (open) {
            open.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            open.getOutputStream().flush();
            // The server ends a connection when its client has.
            open.shutdownOutput();
            return new String(open.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String get(String path, String authorization) {
        return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                + (authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n") + "\r\n";
    }

    private static String post(String authorization) {
        return "POST /v1/resume HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + (authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n")
                + "Content-Length: 2\r\n\r\n{}";
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder().encodeToString(("me:" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static void answered(int status, String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    }

    /** They hold nothing of the run, and ask for a token themselves. */
    @Test
    void thePagesFilesNeedNoToken() throws Exception {
        for (String path : List.of("/", "/page/files/page.js")) {
            answered(404, exchange(plain(), get(path, "")));
        }
        answered(
                401,
                exchange(
                        plain(),
                        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
    }

    @Test
    void withoutATokenNothingIsToldOrDone() throws Exception {
        for (String authorization : List.of("", "Bearer wrong-token-0123456789", basic("wrong"))) {
            for (String path : List.of(
                    "/status",
                    "/metrics",
                    "/nothing",
                    "/health",
                    "/page/state",
                    "/page/files",
                    "//",
                    "/page/files/../state")) {
                String answer = exchange(plain(), get(path, authorization));
                answered(401, answer);
                assertTrue(answer.contains("WWW-Authenticate: Bearer realm=\"millrace\""), answer);
                assertTrue(answer.contains("Basic realm=\"millrace\""), answer);
                assertFalse(answer.contains("wrong"), answer);
            }
            String answer = exchange(plain(), post(authorization));
            answered(401, answer);
            assertTrue(answer.contains("WWW-Authenticate: Bearer realm=\"millrace\""), answer);
            assertFalse(answer.contains("Basic"), answer);
        }
        assertEquals(0, resets.get());
    }

    @Test
    void aReadTokenReadsAndChangesNothing() throws Exception {
        for (String authorization : List.of("Bearer " + READ, basic(READ), basic(FULL))) {
            answered(200, exchange(plain(), get("/status", authorization)));
            answered(200, exchange(plain(), get("/metrics", authorization)));
            String answer = exchange(plain(), post(authorization));
            answered(403, answer);
            assertTrue(answer.contains("this token only reads"), answer);
            assertTrue(answer.contains("--api-token-file"), answer);
        }
        assertEquals(0, resets.get());
        answered(200, exchange(plain(), post("Bearer " + FULL)));
        assertEquals(1, resets.get());
    }

    @Test
    void whetherItLivesIsToldWithoutATokenAndNoMore() throws Exception {
        for (String path : List.of("/health/live", "/health/ready")) {
            String answer = exchange(plain(), get(path, ""));
            assertTrue(answer.startsWith("HTTP/1.1 200 ") || answer.startsWith("HTTP/1.1 503 "), answer);
            assertTrue(answer.contains("{\"ok\":"), answer);
            assertFalse(answer.contains("secret-host"), answer);
            assertTrue(exchange(plain(), get(path, "Bearer " + READ)).contains("secret-host"), answer);
        }
    }

    @Test
    void aPathThatIsWrittenOtherwiseOpensNothing() throws Exception {
        for (String path : List.of(
                "/health/live/../../status",
                "/health/ready/..%2f..%2fstatus",
                "/health/live%2f..%2f..%2fstatus",
                "/health//live/../../metrics",
                "//status",
                "/./status",
                "/%2e%2e/status",
                "/status%00",
                "/status;/health/live",
                "/status?/health/live",
                "/health/live;x",
                "/STATUS",
                "/" + "a".repeat(20_000))) {
            String answer = exchange(plain(), get(path, ""));
            assertTrue(answer.startsWith("HTTP/1.1 40") || answer.startsWith("HTTP/1.1 41"), path + " " + answer);
        }
    }

    @Test
    void beyondLoopbackNothingIsServedWithoutAToken() {
        String message = assertThrows(
                        SettingException.class, () -> start("0.0.0.0", LockSettings.NONE, TlsSettings.NONE))
                .getMessage();
        assertTrue(message.startsWith("--ops-host: on 0.0.0.0 other machines may call"), message);
    }

    @Test
    void encryptedItAnswersWhoTrustsItAndTheCertificateMayBeReplaced(@TempDir Path folder) throws Exception {
        TlsSettings tls = TestingCertificate.make(folder, "first");
        TlsSettings next = TestingCertificate.make(folder, "next");
        server.close();
        server = start("0.0.0.0", LOCK, tls);
        SSLContext trusting = TestingCertificate.trusting(Objects.requireNonNull(tls.tlsCertificateFile()));
        SSLContext trustingNext = TestingCertificate.trusting(Objects.requireNonNull(next.tlsCertificateFile()));

        answered(200, exchange(encrypted(trusting), get("/status", "Bearer " + READ)));
        answered(401, exchange(encrypted(trusting), get("/status", "")));
        assertThrows(SSLException.class, () -> exchange(encrypted(trustingNext), get("/status", "Bearer " + READ)));

        for (Path[] pair : new Path[][] {
            {next.tlsCertificateFile(), tls.tlsCertificateFile()}, {next.tlsKeyFile(), tls.tlsKeyFile()}
        }) {
            Files.move(pair[0], pair[1], StandardCopyOption.REPLACE_EXISTING);
        }
        Await.until(
                "the next certificate",
                () -> {
                    try {
                        return exchange(encrypted(trustingNext), get("/status", "Bearer " + READ))
                                .startsWith("HTTP/1.1 200 ");
                    } catch (IOException e) {
                        return false;
                    }
                },
                Duration.ofSeconds(30));
    }

    private Socket encrypted(SSLContext context) throws IOException {
        return context.getSocketFactory().createSocket(plain(), "127.0.0.1", server.port(), true);
    }

    /** Everything until the server ends the connection, in whichever way. */
    private static String rest(Socket open, byte[] bytes) {
        try (open) {
            open.getOutputStream().write(bytes);
            open.getOutputStream().flush();
            return new String(open.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("it was left open", e);
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void whatSpeaksTheOtherProtocolIsSentAwayAndNobodyElseIsHurt(@TempDir Path folder) throws Exception {
        byte[] hello = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 0, 0, 0, 0};
        String toPlain = rest(plain(), hello);
        assertTrue(toPlain.isEmpty() || toPlain.startsWith("HTTP/1.1 400 "), toPlain);
        answered(200, exchange(plain(), get("/status", "Bearer " + READ)));

        TlsSettings tls = TestingCertificate.make(folder, "own");
        server.close();
        server = start("127.0.0.1", LOCK, tls);
        String toTls = rest(plain(), get("/status", "Bearer " + READ).getBytes(StandardCharsets.US_ASCII));
        assertFalse(toTls.contains("HTTP/1.1 200"), toTls);
        // Half a handshake, and none at all.
        rest(plain(), hello);
        rest(plain(), new byte[0]);
        SSLContext trusting = TestingCertificate.trusting(Objects.requireNonNull(tls.tlsCertificateFile()));
        answered(200, exchange(encrypted(trusting), get("/status", "Bearer " + READ)));
    }
}
