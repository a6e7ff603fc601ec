package io.millrace.common.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.http.Status;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.lock.LockSettings;
import io.millrace.common.http.lock.TlsSettings;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.testing.ManualClock;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Timeout(60)
class OpsServerTest {
    private static final OpsSettings ANY_PORT =
            new OpsSettings("127.0.0.1", 0, Health.READY_TIMEOUT, HttpDoorSettings.DEFAULTS);

    private final ManualClock clock = new ManualClock(7_000);
    private final Health health = new Health(clock);
    private final Metrics metrics = new Metrics("demo");
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final OpsServer server = OpsServer.start(
            ANY_PORT,
            health,
            metrics,
            OpsServerTest::status,
            routing -> routing.get(
                            "/more",
                            (request, response) -> OpsServer.sendJson(
                                    response, Status.ACCEPTED_202, Json.object().put("more", true)))
                    .get("/broken", (request, response) -> {
                        throw new IllegalStateException("a bug");
                    }));

    private static ObjectNode status() {
        return Json.object().put("slots", 256);
    }

    @AfterEach
    void close() {
        server.close();
        metrics.close();
        client.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return get(server.port(), path);
    }

    private HttpResponse<String> get(int port, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(20))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String type(HttpResponse<String> response) {
        return response.headers().firstValue("content-type").orElse("");
    }

    @Test
    void metricsAreInPrometheusTextWithTheRunOnEach() throws Exception {
        metrics.registry().counter("groups").increment(3);
        HttpResponse<String> response = get("/metrics");

        assertEquals(200, response.statusCode());
        assertTrue(type(response).startsWith("text/plain; version=0.0.4"), type(response));
        assertTrue(response.body().contains("groups_total{run=\"demo\"} 3.0"), response.body());
        assertTrue(response.body().contains("jvm_memory_used_bytes{"), response.body());
        assertFalse(
                response.body()
                        .lines()
                        .filter(line -> !line.startsWith("#"))
                        .anyMatch(line -> !line.contains("run=\"demo\"")),
                response.body());
    }

    @Test
    void healthFollowsTheParts() throws Exception {
        health.starting("claim");
        assertEquals(200, get("/health/live").statusCode());
        assertEquals(503, get("/health/ready").statusCode());

        health.waiting("claim", "prompts");
        HttpResponse<String> ready = get("/health/ready");
        assertEquals(200, ready.statusCode());
        assertEquals("application/json", type(ready));
        JsonNode body = Json.MAPPER.readTree(ready.body());
        assertTrue(body.path("ok").booleanValue());
        JsonNode part = body.path("parts").path("claim");
        assertEquals("waiting", part.path("state").stringValue());
        assertEquals("prompts", part.path("detail").stringValue());
        assertEquals(7_000, part.path("since_ms").longValue());
    }

    @Test
    void aFailedPartIs503OnBothWithItsCause() throws Exception {
        health.running("claim");
        health.failed("publish", "a bug");

        for (String path : new String[] {"/health/live", "/health/ready"}) {
            HttpResponse<String> response = get(path);
            assertEquals(503, response.statusCode());
            JsonNode body = Json.MAPPER.readTree(response.body());
            assertFalse(body.path("ok").booleanValue());
            assertEquals(
                    "a bug", body.path("parts").path("publish").path("detail").stringValue());
        }
    }

    @Test
    void statusIsTheProcesssOwn() throws Exception {
        HttpResponse<String> response = get("/status");
        assertEquals(200, response.statusCode());
        assertEquals("application/json", type(response));
        assertEquals("{\"slots\":256}", response.body());
    }

    @Test
    void aProcessAddsItsRoutes() throws Exception {
        HttpResponse<String> response = get("/more");
        assertEquals(202, response.statusCode());
        assertEquals("{\"more\":true}", response.body());
    }

    @Test
    void aRouteThatFailsIs500AndTheServerGoesOn() throws Exception {
        assertEquals(500, get("/broken").statusCode());
        assertEquals(200, get("/status").statusCode());
        assertEquals(404, get("/nothing").statusCode());
    }

    @Test
    void aTakenPortIsRefusedByFlagAndAddress() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            OpsSettings settings =
                    new OpsSettings("127.0.0.1", taken.getLocalPort(), Health.READY_TIMEOUT, HttpDoorSettings.DEFAULTS);
            String message = assertThrows(
                            SettingException.class,
                            () -> OpsServer.start(settings, health, metrics, OpsServerTest::status, routing -> {}))
                    .getMessage();
            assertTrue(message.startsWith("--ops-host and --ops-port: cannot listen on 127.0.0.1:"), message);
            assertTrue(message.contains("in use"), message);
            String ofTheTrainer = assertThrows(
                            SettingException.class,
                            () -> OpsServer.start(
                                    settings,
                                    "--trainer-host and --trainer-port",
                                    OpsServer.CONNECTIONS_MAX,
                                    health,
                                    metrics,
                                    OpsServerTest::status,
                                    routing -> {},
                                    OpsServer.READ_LIMIT))
                    .getMessage();
            assertTrue(ofTheTrainer.startsWith("--trainer-host and --trainer-port: cannot listen on"), ofTheTrainer);
        }
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() {
        OpsSettings settings = new OpsSettings(
                "192.0.2.1",
                0,
                Health.READY_TIMEOUT,
                new HttpDoorSettings(List.of(), new LockSettings(null, null, null, null, true), TlsSettings.NONE));
        String message = assertThrows(
                        SettingException.class,
                        () -> OpsServer.start(settings, health, metrics, OpsServerTest::status, routing -> {}))
                .getMessage();
        assertTrue(message.contains("192.0.2.1:0"), message);
    }

    /** As many as the start of a process counts among its open files. */
    @Test
    void aConnectionMoreThanItMayHoldWaitsUntilOneEnds() throws Exception {
        List<Socket> held = new ArrayList<>();
        try {
            for (int i = 0; i < OpsServer.CONNECTIONS_MAX; i++) {
                Socket socket = asks();
                held.add(socket);
                assertEquals('H', socket.getInputStream().read());
            }
            Socket more = asks();
            held.add(more);
            more.setSoTimeout(300);
            assertThrows(
                    SocketTimeoutException.class, () -> more.getInputStream().read());
            held.getFirst().close();
            more.setSoTimeout(20_000);
            assertEquals('H', more.getInputStream().read());
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    private Socket asks() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        socket.getOutputStream()
                .write("GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void afterCloseNobodyListens() {
        int port = server.port();
        server.close();
        assertThrows(ConnectException.class, () -> get(port, "/status"));
    }
}
