package io.millrace.sandbox.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.engine.conformance.FaultyEngine.Then;
import io.millrace.worker.engine.Dialect;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Media;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fault matrix of docs/ENGINES.md: what a worker's client makes of everything that can go wrong between it and an
 * engine, in every dialect. No connection is left behind: the server sees each end.
 */
@Timeout(60)
class EngineFaultsTest {
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final String VLLM_ANSWER = """
            {"choices":[{"finish_reason":"stop","token_ids":[%s],"weight_versions":[],
            "logprobs":{"content":[%s]}}]}""";
    private static final String SGLANG_ANSWER = """
            {"text":"a","output_ids":[],"meta_info":{"finish_reason":{"type":"stop"},"output_token_logprobs":[%s]}}""";

    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), 64 << 10);

    @AfterEach
    void stop() {
        http.close();
    }

    record Fault(String name, Kind kind, String sglang, String vllm, Then then) {
        Fault(String name, Kind kind, String answer, Then then) {
            this(name, kind, answer, answer, then);
        }

        String answer(Dialect dialect) {
            return dialect == Dialect.SGLANG ? sglang : vllm;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static String http(String status, String body) {
        return http(status, "", body);
    }

    private static String http(String status, String header, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + header + "Content-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private static Fault bad(String name, String sglang, String vllm) {
        return new Fault(name, Kind.MALFORMED, http("200 OK", sglang), http("200 OK", vllm), Then.CLOSE);
    }

    private static List<Fault> matrix() {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
        String error = "{\"error\":{\"message\":\"no\"}}";
        return List.of(
                new Fault("400", Kind.REFUSED, http("400 Bad Request", error), Then.CLOSE),
                new Fault("422", Kind.REFUSED, http("422 Unprocessable", error), Then.CLOSE),
                new Fault("408", Kind.FAILED, http("408 Request Timeout", error), Then.CLOSE),
                new Fault("429", Kind.OVERLOADED, http("429 Too Many", "Retry-After: 2\r\n", error), Then.CLOSE),
                new Fault("500", Kind.FAILED, http("500 Internal Server Error", error), Then.CLOSE),
                new Fault("501", Kind.FAILED, http("501 Not Implemented", error), Then.CLOSE),
                new Fault("502 in HTML", Kind.FAILED, http("502 Bad Gateway", "<html>"), Then.CLOSE),
                new Fault("503 of an engine", Kind.OVERLOADED, http("503 Unavailable", error), Then.CLOSE),
                new Fault(
                        "503 of a gateway",
                        Kind.OVERLOADED,
                        http("503 Unavailable", "{\"error\":{\"code\":\"no_available_workers\"}}"),
                        Then.CLOSE),
                new Fault("closed before headers", Kind.UNREACHABLE, "", Then.CLOSE),
                new Fault("reset before headers", Kind.UNREACHABLE, "", Then.RESET),
                new Fault("no answer", Kind.TIMED_OUT, "", Then.HANG),
                new Fault("headers, then nothing", Kind.TIMED_OUT, head, Then.HANG),
                new Fault("half a body, then nothing", Kind.TIMED_OUT, head + "{\"te", Then.HANG),
                new Fault("half a body, then the end", Kind.UNREACHABLE, head + "{\"te", Then.CLOSE),
                new Fault("no HTTP", Kind.UNREACHABLE, "hello\r\n\r\n", Then.CLOSE),
                new Fault("above the limit", Kind.MALFORMED, http("200 OK", " ".repeat(70_000)), Then.CLOSE),
                bad("no JSON", "{\"text\": \"cut", "{\"choices\": [{"),
                bad("HTML", "<html>", "<html>"),
                bad("another object", "{}", "{}"),
                bad(
                        "a log-probability that is none",
                        SGLANG_ANSWER.formatted("[null,7,null]"),
                        VLLM_ANSWER.formatted("7", "{\"token_id\":7,\"logprob\":null}")),
                bad(
                        "a log-probability that is not finite",
                        SGLANG_ANSWER.formatted("[NaN,7,null]"),
                        VLLM_ANSWER.formatted("7", "{\"token_id\":7,\"logprob\":NaN}")),
                bad(
                        "a token that is none",
                        SGLANG_ANSWER.formatted("[-1.0,-7,null]"),
                        VLLM_ANSWER.formatted("-7", "{\"token_id\":-7,\"logprob\":-1.0}")));
    }

    static Stream<Arguments> faults() {
        return Stream.of(Dialect.values())
                .flatMap(dialect -> matrix().stream().map(fault -> Arguments.of(dialect, fault)));
    }

    private EngineException ask(Dialect dialect, String address, Duration limit) {
        // What a chat endpoint calls its model would be asked for first.
        ObjectNode none = Json.object().put("model", "m");
        SamplingParams params = new SamplingParams(1, 1, -1, 8, List.of(), List.of(), true, none);
        GenerateRequest request =
                new GenerateRequest("r", "s", new int[] {1}, null, params, 0, 0, new Prompt.Text("x"), Media.NONE, 0);
        return assertThrows(EngineException.class, () -> dialect.client(http).generate(address, request, limit));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("faults")
    void eachFaultHasItsKindAndLeavesNoConnection(Dialect dialect, Fault fault) throws Exception {
        try (FaultyEngine engine = new FaultyEngine(fault.answer(dialect), fault.then)) {
            Duration limit = fault.kind == Kind.TIMED_OUT ? Duration.ofMillis(300) : PATIENT;
            EngineException told = ask(dialect, engine.address(), limit);
            assertEquals(fault.kind, told.kind(), told::getMessage);
            if (fault.name.equals("429")) {
                assertEquals(Duration.ofSeconds(2), told.retryAfter());
            }
            engine.awaitLetGo();
        }
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void nobodyListens(Dialect dialect) throws Exception {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        EngineException told = ask(dialect, "http://127.0.0.1:" + port, PATIENT);
        assertEquals(Kind.UNREACHABLE, told.kind(), told::getMessage);
    }

    static Stream<Dialect> dialects() {
        return Stream.of(Dialect.values());
    }
}
