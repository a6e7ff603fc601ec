package io.millrace.sandbox.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.engine.EngineServer;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.TestSettings;
import io.millrace.worker.engine.Dialect;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Real gateways in front of two stand-ins, asked through the client that workers have. Needs the python of {@code
 * scripts/setup-gateways}, named by {@value #PYTHON}; scripts/test-gateways runs it.
 */
@ParameterizedClass
@EnumSource
@Timeout(240)
@EnabledIfEnvironmentVariable(named = GatewaysTest.PYTHON, matches = ".+")
class GatewaysTest {
    static final String PYTHON = "MILLRACE_GATEWAYS_PYTHON";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    enum Router {
        /** Its policy that keeps a session on one engine is called manual. */
        SGLANG_ROUTER(Dialect.SGLANG, EngineSettings.Dialect.SGLANG, "sglang_router.launch_router", "manual"),
        VLLM_ROUTER(Dialect.VLLM, EngineSettings.Dialect.VLLM, "vllm_router.launch_router", "consistent_hash");

        final Dialect dialect;
        final EngineSettings.Dialect engines;
        final String module;
        final String stickyPolicy;

        Router(Dialect dialect, EngineSettings.Dialect engines, String module, String stickyPolicy) {
            this.dialect = dialect;
            this.engines = engines;
            this.module = module;
            this.stickyPolicy = stickyPolicy;
        }
    }

    @Parameter
    Router router;

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), 16 << 20);
    private final HttpClient plain =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<EngineServer> engines = new ArrayList<>();
    private Process process;
    private String address;
    private EngineClient client;

    @BeforeEach
    void start() throws Exception {
        client = router.dialect.client(http);
        for (int i = 0; i < 2; i++) {
            TestSettings settings = new TestSettings();
            settings.dialect = router.engines;
            settings.fillerMedianTokens = 10;
            settings.latency = EngineSettings.Latency.TOKENS;
            settings.tokenTime = Duration.ofMillis(2);
            settings.maxRunning = 64;
            engines.add(EngineServer.start(settings.build()));
        }
        int port = freePort();
        address = "http://127.0.0.1:" + port;
        ProcessBuilder builder = new ProcessBuilder(
                        System.getenv(PYTHON),
                        "-m",
                        router.module,
                        "--host",
                        "127.0.0.1",
                        "--port",
                        "" + port,
                        "--prometheus-port",
                        "" + freePort(),
                        "--policy",
                        router.stickyPolicy,
                        "--worker-urls",
                        engines.get(0).url(),
                        engines.get(1).url())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("router.log").toFile());
        process = builder.start();
        awaitBoth();
    }

    @AfterEach
    void stop() throws Exception {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        engines.forEach(EngineServer::close);
        http.close();
        plain.close();
        threads.shutdownNow();
    }

    private static int freePort() throws IOException {
        try (java.net.ServerSocket taken = new java.net.ServerSocket(0)) {
            return taken.getLocalPort();
        }
    }

    /** Until the gateway sends requests to both engines. */
    private void awaitBoth() throws Exception {
        long endNanos = System.nanoTime() + LIMIT.toNanos();
        for (int i = 0; seen().size() < 2; i++) {
            if (System.nanoTime() > endNanos || !process.isAlive()) {
                throw new AssertionError(Files.readString(folder.resolve("router.log")));
            }
            try {
                var _ = client.generate(address, request("begin-" + i, "begin-" + i, 1), Duration.ofSeconds(5));
            } catch (EngineException e) {
                // It is starting.
                Thread.sleep(100);
            }
        }
    }

    private static GenerateRequest request(String rid, String session, int tokens) {
        SamplingParams params = new SamplingParams(
                1, 1, -1, tokens, List.of(), List.of(), true, Json.object().put("ignore_eos", true));
        return new GenerateRequest(rid, session, new int[] {49, 43, 49, 61}, null, params, 0, 0);
    }

    /** Engines that have had a request, each with what it had. */
    private Map<EngineServer, Set<String>> seen() throws Exception {
        Map<EngineServer, Set<String>> seen = new TreeMap<>((a, b) -> Integer.compare(a.port(), b.port()));
        for (EngineServer engine : engines) {
            HttpRequest ask = HttpRequest.newBuilder(URI.create(engine.url() + "/admin/ledger"))
                    .timeout(LIMIT)
                    .build();
            Set<String> rids = new TreeSet<>();
            plain.send(ask, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .forEach(line ->
                            rids.add(Json.MAPPER.readTree(line).path("rid").asString()));
            if (!rids.isEmpty()) {
                seen.put(engine, rids);
            }
        }
        return seen;
    }

    private void name(EngineServer engine, String version) throws Exception {
        JsonNode body = Json.object().put("new_version", version).put("abort_all_requests", false);
        HttpRequest ask = HttpRequest.newBuilder(URI.create(engine.url() + "/update_weight_version"))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        assertEquals(200, plain.send(ask, HttpResponse.BodyHandlers.ofString()).statusCode());
    }

    @Test
    void aSamplesRequestsStayOnOneEngineAndSamplesSpread() throws Exception {
        for (int session = 0; session < 12; session++) {
            for (int i = 0; i < 3; i++) {
                Generation answer = client.generate(address, request("s" + session + "-" + i, "s" + session, 2), LIMIT);
                assertEquals(2, answer.tokens().length);
                assertEquals(2, answer.spans().getLast().end(), "spans come through");
            }
        }
        Map<String, Set<Integer>> engineOfSession = new TreeMap<>();
        seen().forEach((engine, rids) -> rids.stream()
                .filter(rid -> rid.startsWith("s"))
                .forEach(rid -> engineOfSession
                        .computeIfAbsent(rid.substring(0, rid.indexOf('-')), _ -> new TreeSet<>())
                        .add(engine.port())));
        assertEquals(12, engineOfSession.size());
        engineOfSession.forEach((session, ports) -> assertEquals(1, ports.size(), () -> session + " on " + ports));
        assertEquals(
                2,
                engineOfSession.values().stream()
                        .flatMap(Set::stream)
                        .distinct()
                        .count());
    }

    @Test
    void aPromptIsTokenizedByAnEngine() throws Exception {
        assertArrayEquals(new int[] {97, 98}, client.tokenize(address, "ab", LIMIT));
    }

    @Test
    void theOldestVersionOfItsEnginesIsTheGateways() throws Exception {
        name(engines.get(0), "8");
        name(engines.get(1), "7");
        assertEquals("7", client.weightVersion(address, LIMIT));
        name(engines.get(1), "9");
        assertEquals("8", client.weightVersion(address, LIMIT));
    }

    @Test
    void aRequestIsEndedAtWhicheverEngineHasIt() throws Exception {
        for (int i = 0; i < 4; i++) {
            String rid = "long-" + i;
            Future<Generation> answer = threads.submit(() -> client.generate(address, request(rid, rid, 900), LIMIT));
            while (seen().values().stream().noneMatch(rids -> rids.contains(rid))) {
                Thread.onSpinWait();
            }
            while (!answer.isDone()) {
                client.abort(address, rid, LIMIT);
            }
            assertEquals(Finish.ABORT, answer.get().finish());
            assertNotEquals(900, answer.get().tokens().length);
        }
    }

    @Test
    void withoutAnEngineItIsBusyOrAwayAndRefusesNothing() throws Exception {
        engines.forEach(EngineServer::close);
        EngineException told =
                assertThrows(EngineException.class, () -> client.generate(address, request("late", "late", 2), LIMIT));
        assertTrue(told.kind().retryable(), told::getMessage);
    }
}
