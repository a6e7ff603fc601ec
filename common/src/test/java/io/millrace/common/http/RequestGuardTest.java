package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.testing.ManualClock;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What browsers send, byte for byte; a client library would correct it. */
@Timeout(60)
class RequestGuardTest {
    private final AtomicInteger resets = new AtomicInteger();
    private final Metrics metrics = new Metrics("demo");
    private final OpsServer server = OpsServer.start(
            new OpsSettings(
                    "127.0.0.1", 0, Health.READY_TIMEOUT, HttpDoorSettings.answering(List.of("trainer.example.com"))),
            new Health(new ManualClock(7_000)),
            metrics,
            Json::object,
            routing -> routing.post("/v1/resume", (request, response) -> {
                        resets.incrementAndGet();
                        OpsServer.sendJson(response, Status.OK_200, Json.object());
                    })
                    .route(Method.DELETE, "/v1/resume", (request, response) -> {
                        resets.incrementAndGet();
                        OpsServer.sendJson(response, Status.OK_200, Json.object());
                    }));

    @AfterEach
    void close() {
        server.close();
        metrics.close();
    }

    private String ask(String head, String body) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            String request = head.replace("PORT", Integer.toString(server.port())) + "\r\nConnection: close\r\n"
                    + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n") + "\r\n" + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            // The server ends a connection when its client has.
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void refused(int status, String naming, String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains(naming), answer);
    }

    @Test
    void aPageOfAnotherSiteCannotResetARun() throws Exception {
        String answer = ask(
                "POST /v1/resume HTTP/1.1\r\nHost: evil.example:PORT\r\nOrigin: http://evil.example\r\n"
                        + "Content-Type: text/plain;charset=UTF-8\r\nSec-Fetch-Site: cross-site",
                "{\"step\": 0}");
        refused(403, "Host [evil.example:", answer);
        refused(403, "--allowed-hosts", answer);
        refused(
                403,
                "Origin http://evil.example",
                ask(
                        "POST /v1/resume HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://evil.example\r\n"
                                + "Content-Type: application/json",
                        "{\"step\": 0}"));
        refused(
                403,
                "Origin null",
                ask(
                        "POST /v1/resume HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: null\r\nContent-Type: application/json",
                        "{\"step\": 0}"));
        refused(
                415,
                "Content-Type: application/json",
                ask("POST /v1/resume HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: text/plain", "{\"step\": 0}"));
        refused(
                415,
                "Content-Type: application/json",
                ask(
                        "POST /v1/resume HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/x-www-form-urlencoded",
                        "step=0"));
        refused(415, "Content-Type: application/json", ask("POST /v1/resume HTTP/1.1\r\nHost: 127.0.0.1:PORT", ""));
        refused(415, "Content-Type: application/json", ask("DELETE /v1/resume HTTP/1.1\r\nHost: 127.0.0.1:PORT", ""));
        assertEquals(0, resets.get());
    }

    @Test
    void whatIsReadIsForOwnNamesAndPagesToo() throws Exception {
        refused(403, "Host [evil.example]", ask("GET /status HTTP/1.1\r\nHost: evil.example", ""));
        refused(403, "Host [evil.example]", ask("GET /metrics HTTP/1.1\r\nHost: evil.example", ""));
        refused(403, "Host [evil.example]", ask("GET /nothing HTTP/1.1\r\nHost: evil.example", ""));
        refused(
                403,
                "Origin http://evil.example",
                ask("GET /status HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://evil.example", ""));
        refused(
                403,
                "Sec-Fetch-Site cross-site",
                ask("GET /status HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nSec-Fetch-Site: cross-site", ""));
    }

    @Test
    void aPreflightAllowsNothing() throws Exception {
        String answer = ask(
                "OPTIONS /v1/resume HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://evil.example\r\n"
                        + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type",
                "");
        refused(403, "Origin http://evil.example", answer);
    }

    @Test
    void twoHostsOrNoneAreRefused() throws Exception {
        String two = ask("GET /status HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example", "");
        assertTrue(two.startsWith("HTTP/1.1 4"), two);
        String none = ask("GET /status HTTP/1.1", "");
        assertTrue(none.startsWith("HTTP/1.1 4"), none);
    }

    @Test
    void ownNamesServiceNamesAddressesAndOwnPagesAreAnswered() throws Exception {
        for (String host : List.of(
                "127.0.0.1:PORT",
                "localhost:PORT",
                "trainer:9400",
                "10.0.0.7:31000",
                "[::1]:PORT",
                "trainer.example.com")) {
            String answer = ask(
                    "POST /v1/resume HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json; charset=utf-8",
                    "{}");
            assertTrue(answer.startsWith("HTTP/1.1 200 "), host + " " + answer);
        }
        assertEquals(6, resets.get());
        String ownPage = ask(
                "POST /v1/resume HTTP/1.1\r\nHost: trainer:9400\r\nOrigin: http://trainer:9400\r\n"
                        + "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json",
                "{}");
        assertTrue(ownPage.startsWith("HTTP/1.1 200 "), ownPage);
    }
}
