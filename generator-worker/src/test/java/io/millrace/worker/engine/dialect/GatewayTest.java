package io.millrace.worker.engine.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class GatewayTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** As vllm-router 0.1.17 answers, shortened. */
    private static final String WORKERS = "{\"workers\":[{\"url\":\"http://a:1\",\"is_healthy\":true},"
            + "{\"url\":\"http://b:2/\",\"is_healthy\":true},{\"url\":\"http://c:3\",\"is_healthy\":false}],\"total\":3}";

    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), 1 << 20);
    private final Gateway gateway = new Gateway(http);
    private String answer = WORKERS;
    private int status = 200;
    private HttpServer server;
    private String address;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/workers", exchange -> {
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        address = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @AfterEach
    void end() {
        server.stop(0);
        http.close();
    }

    private static EngineException away(String engine) {
        return new EngineException(Kind.UNREACHABLE, engine);
    }

    private String oldest(Map<String, String> words) throws Exception {
        return gateway.oldestVersion(address, LIMIT, engine -> {
            if (!words.containsKey(engine)) {
                throw away(engine);
            }
            return words.get(engine);
        });
    }

    @Test
    void itsEnginesAreThoseThatItTakesForWell() throws Exception {
        assertEquals(List.of("http://a:1", "http://b:2"), gateway.engines(address, LIMIT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "no JSON", "{\"workers\": []}", "{\"workers\": 7}", "[]"})
    void whatListsNoEnginesIsOneItself(String said) throws Exception {
        answer = said;
        assertEquals(List.of(address), gateway.engines(address, LIMIT));
    }

    @Test
    void whatHasNoListIsAnEngine() throws Exception {
        status = 404;
        assertEquals(List.of(address), gateway.engines(address, LIMIT));
        assertEquals("default", gateway.oldestVersion(address, LIMIT, engine -> "default"));
        assertThrows(EngineException.class, () -> oldest(Map.of()));
    }

    @Test
    void theOldestVersionCountsAndNoneWhereOneDoesNotTell() throws Exception {
        assertEquals("9", oldest(Map.of("http://a:1", "10", "http://b:2", "9")));
        assertNull(oldest(Map.of("http://a:1", "10", "http://b:2", "default")));
        assertNull(oldest(Map.of("http://a:1", "10")), "one is not reached from here");
    }

    @Test
    void allAreAskedAndOneThatFailsIsNoFailureAmongOthers() throws Exception {
        List<String> asked = new ArrayList<>();
        gateway.each(address, LIMIT, engine -> {
            asked.add(engine);
            if (engine.equals("http://a:1")) {
                throw away(engine);
            }
        });
        assertEquals(List.of("http://a:1", "http://b:2"), asked);
        assertThrows(
                EngineException.class,
                () -> gateway.each(address, LIMIT, engine -> {
                    throw away(engine);
                }));
    }
}
