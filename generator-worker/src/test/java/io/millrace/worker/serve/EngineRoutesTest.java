package io.millrace.worker.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.http.OpsServer;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

@Timeout(60)
class EngineRoutesTest {
    private final EnginePool pool = new EnginePool(
            List.of("http://a:1"),
            new TestingEngine(),
            VersionWord::number,
            Ticker.system(),
            Duration.ZERO,
            Duration.ZERO);
    private final Metrics metrics = new Metrics("demo");
    private final OpsServer server = OpsServer.start(
            new OpsSettings("127.0.0.1", 0, Health.READY_TIMEOUT, HttpDoorSettings.answering(List.of())),
            new Health(new ManualClock(7_000)),
            metrics,
            Json::object,
            new EngineRoutes(() -> pool)::addTo);
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        http.close();
        server.close();
        metrics.close();
    }

    private HttpResponse<String> ask(String method, String body, String contentType) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/engines"))
                .header("Content-Type", contentType)
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private List<String> ok(String method, String url) throws Exception {
        HttpResponse<String> answer = ask(method, Json.object().put("url", url).toString(), "application/json");
        assertEquals(200, answer.statusCode(), answer::body);
        List<String> addresses = new ArrayList<>();
        for (JsonNode engine : Json.MAPPER.readTree(answer.body()).path("engines")) {
            addresses.add(engine.path("address").stringValue());
        }
        return addresses;
    }

    @Test
    void enginesComeAndGo() throws Exception {
        assertEquals(List.of("http://a:1", "http://b:2"), ok("POST", "http://b:2/"));
        assertEquals(List.of("http://a:1", "http://b:2"), ok("POST", "http://b:2"), "again is the same");
        assertEquals(List.of("http://b:2"), ok("DELETE", "http://a:1"));
        assertEquals(1, pool.statuses().size());
        HttpResponse<String> unknown = ask("DELETE", "{\"url\": \"http://a:1\"}", "application/json");
        assertEquals(404, unknown.statusCode());
        assertTrue(unknown.body().contains("no engine http://a:1"), unknown::body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no",
                "[]",
                "{}",
                "{\"url\": 7}",
                "{\"url\": \"ftp://a:1\"}",
                "{\"url\": \"http://\"}",
                "{\"url\": \"http://b:2\", \"weight\": 1}",
                "{\"url\": \"http://b:2\", \"url\": \"http://c:3\"}",
                "{\"url\": \"http://b:2\"} {}"
            })
    void anotherBodyIsRefusedAndChangesNothing(String body) throws Exception {
        HttpResponse<String> answer = ask("POST", body, "application/json");
        assertEquals(400, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains("error"), answer::body);
        assertEquals(1, pool.statuses().size());
    }

    @Test
    void whatAPageOfAnotherSiteCouldSendIsRefused() throws Exception {
        assertEquals(
                415, ask("POST", "{\"url\": \"http://evil:1\"}", "text/plain").statusCode());
        assertEquals(413, ask("POST", " ".repeat(70_000), "application/json").statusCode());
        assertEquals(1, pool.statuses().size());
    }

    @Test
    void thereAreSoManyAtMost() throws Exception {
        for (int i = 0; i < EngineRoutes.ENGINES_MAX - 1; i++) {
            pool.add("http://e:" + i);
        }
        assertEquals(
                409,
                ask("POST", "{\"url\": \"http://one:2\"}", "application/json").statusCode());
    }
}
