package io.millrace.worker.engine.vllm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Generation.Span;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What the client makes of answers of vLLM 0.32, word for word as a real one gave them (resources, vllm). */
@Timeout(60)
final class VllmClientTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String GENERATE = "/inference/v1/generate";
    private static final String COMPLETIONS = "/v1/completions";

    private record Answer(int status, String body) {}

    private final EngineHttp http = new EngineHttp(Ticker.system(), Duration.ofSeconds(5), 1 << 20);
    private final VllmClient client = new VllmClient(http);
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Map<String, JsonNode> bodies = new ConcurrentHashMap<>();
    private final HttpServer server = start();

    private HttpServer start() {
        try {
            HttpServer created = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            created.createContext("/", exchange -> {
                String path = exchange.getRequestURI().getPath();
                byte[] body = exchange.getRequestBody().readAllBytes();
                asked.add(path);
                bodies.put(path, body.length == 0 ? Json.object() : Json.MAPPER.readTree(body));
                Answer answer = answers.getOrDefault(path, new Answer(404, recorded("not-found")));
                byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            });
            created.start();
            return created;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void aServerWithItsDefaults() throws IOException {
        answers(200, "/detokenize", "detokenize");
        answers(200, "/weight_info", "weight_info-7");
    }

    @AfterEach
    void end() {
        http.close();
        server.stop(0);
    }

    private static String recorded(String name) throws IOException {
        String path = "/vllm/" + name + ".json";
        try (InputStream stream = Objects.requireNonNull(VllmClientTest.class.getResourceAsStream(path), path)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void answers(int status, String path, String name) throws IOException {
        answers.put(path, new Answer(status, recorded(name)));
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private JsonNode body(String path) {
        return Objects.requireNonNull(bodies.get(path), path);
    }

    private static SamplingParams params(boolean skipSpecialTokens, List<Integer> stopTokenIds, String extra) {
        return new SamplingParams(
                0.7,
                0.9,
                -1,
                16,
                List.of("\n\n"),
                stopTokenIds,
                skipSpecialTokens,
                Json.MAPPER.readValue(extra, tools.jackson.databind.node.ObjectNode.class));
    }

    private Generation generate(SamplingParams params) throws EngineException, InterruptedException {
        return client.generate(
                address(), new GenerateRequest("r1", "session", new int[] {4, 5}, null, params, 1, -2), LIMIT);
    }

    private Generation generate() throws EngineException, InterruptedException {
        return generate(params(true, List.of(), "{}"));
    }

    @Test
    void tokensLogProbabilitiesAndVersionsAreTheEngines() throws Exception {
        answers(200, GENERATE, "generate");
        Generation generation = generate();
        assertArrayEquals(new int[] {7, 9, 1}, generation.tokens());
        assertArrayEquals(new float[] {-0.059570987f, -0.09685764f, -1.7523613e-05f}, generation.logProbs());
        assertEquals(Finish.STOP, generation.finish());
        assertEquals(List.of(new Span("0", 0, 3)), generation.spans());
        assertEquals("0", generation.weightVersion());
        assertEquals("12+34=", generation.text());
    }

    @Test
    void spansAcrossAnUpdateStayExact() throws Exception {
        answers(200, GENERATE, "generate-spans");
        Generation generation = generate();
        assertEquals(List.of(new Span("9", 0, 62), new Span("8", 62, 500)), generation.spans());
        assertEquals(500, generation.tokens().length);
        assertEquals("8", generation.weightVersion());
        assertEquals(Finish.LENGTH, generation.finish());
    }

    /** A server fills in what is not said from the model's files, and 16 for the most tokens. */
    @Test
    void everySamplingParameterIsSaid() throws Exception {
        answers(200, GENERATE, "generate");
        generate(params(
                false,
                List.of(5),
                "{\"min_new_tokens\": 4, \"sampling_seed\": 3, \"min_p\": 0.1, \"temperature\": 9, \"top_x\": true}"));
        JsonNode body = body(GENERATE);
        assertEquals(
                Json.MAPPER.readTree("{\"min_p\": 0.1, \"repetition_penalty\": 1.0, \"presence_penalty\": 0.0,"
                        + " \"frequency_penalty\": 0.0, \"min_tokens\": 3, \"seed\": 3, \"temperature\": 0.7,"
                        + " \"top_x\": true, \"top_p\": 0.9, \"top_k\": -1, \"max_tokens\": 15, \"logprobs\": 0,"
                        + " \"skip_special_tokens\": false, \"spaces_between_special_tokens\": false,"
                        + " \"include_stop_str_in_output\": true, \"stop\": [\"\\n\\n\"], \"stop_token_ids\": [5]}"),
                body.path("sampling_params"));
        assertEquals("r1", body.path("request_id").stringValue());
        assertEquals(-2, body.path("priority").intValue());
        assertEquals(Json.MAPPER.readTree("[4, 5]"), body.path("token_ids"));
    }

    @Test
    void theTokenThatEndedASampleIsNoTextWhereSpecialTokensAreNone() throws Exception {
        answers(200, GENERATE, "generate");
        generate();
        assertEquals(Json.MAPPER.readTree("[7, 9]"), body("/detokenize").path("tokens"));
        generate(params(false, List.of(), "{}"));
        assertEquals(Json.MAPPER.readTree("[7, 9, 1]"), body("/detokenize").path("tokens"));
        answers(200, GENERATE, "generate-stop-string");
        generate();
        assertEquals(Json.MAPPER.readTree("[7]"), body("/detokenize").path("tokens"));
    }

    @Test
    void anAbortedSampleHasWhatThereIsOfIt() throws Exception {
        answers(200, GENERATE, "generate-pause-abort-partial");
        Generation partial = generate();
        assertEquals(Finish.ABORT, partial.finish());
        assertArrayEquals(new int[] {7, 9}, partial.tokens());
        answers(200, GENERATE, "generate-aborted-before-first-token");
        asked.clear();
        Generation none = generate();
        assertEquals(0, none.tokens().length);
        assertEquals("", none.text());
        assertEquals(List.of(GENERATE), asked);
    }

    @Test
    void whereTheTokenEndpointIsClosedCompletionsAnswerAndTheVersionIsAsked() throws Exception {
        answers(403, GENERATE, "generate-endpoint-closed");
        answers(200, COMPLETIONS, "completions");
        Generation generation = generate();
        assertArrayEquals(new int[] {7, 9, 1}, generation.tokens());
        assertEquals("46", generation.text());
        assertEquals(List.of(), generation.spans());
        assertEquals("7", generation.weightVersion());
        generate();
        assertEquals(
                List.of(GENERATE, COMPLETIONS, "/workers", "/weight_info", COMPLETIONS, "/weight_info"),
                asked,
                "asked once");
        assertEquals(15, body(COMPLETIONS).path("max_tokens").intValue());
        assertTrue(body(COMPLETIONS).path("return_token_ids").booleanValue());
    }

    @Test
    void anOlderServerWithoutTheEndpointsTellsNoVersion() throws Exception {
        answers.remove("/weight_info");
        answers(200, COMPLETIONS, "completions-stop-token");
        assertNull(generate().weightVersion());
        assertNull(client.weightVersion(address(), LIMIT));
    }

    @Test
    void aTextIsCompletedAsText() throws Exception {
        answers(200, COMPLETIONS, "completions");
        client.generate(
                address(),
                new GenerateRequest("r1", "session", null, "12+34=", params(true, List.of(), "{}"), 0, 0),
                LIMIT);
        assertEquals("12+34=", body(COMPLETIONS).path("prompt").stringValue());
        assertEquals(List.of(COMPLETIONS, "/workers", "/weight_info"), asked);
    }

    @Test
    void aRefusalIsRefusedWithTheServersWords() throws Exception {
        answers(400, GENERATE, "generate-too-long-prompt");
        EngineException refused = assertThrows(EngineException.class, this::generate);
        assertEquals(Kind.REFUSED, refused.kind());
        assertTrue(String.valueOf(refused.getMessage()).contains("The decoder prompt (length 360)"), refused::toString);
    }

    @Test
    void aVersionThatIsNoNumberIsRefusedWithItsText() throws Exception {
        answers.put(GENERATE, new Answer(200, recorded("generate").replace("\"default\"", "\"step-12\"")));
        EngineException refused = assertThrows(EngineException.class, this::generate);
        assertEquals(Kind.REFUSED, refused.kind());
        assertTrue(String.valueOf(refused.getMessage()).contains("'step-12'"), refused::toString);
    }

    @Test
    void anEngineThatHasNotBeenUpdatedServesTheInitialVersion() throws Exception {
        answers(200, "/weight_info", "weight_info");
        assertEquals("0", client.weightVersion(address(), LIMIT));
    }

    @Test
    void answersThatContradictThemselvesAreMalformed() throws Exception {
        String good = recorded("generate");
        for (String bad : List.of(
                recorded("generate-n2"),
                recorded("generate-no-logprobs"),
                good.replace("[7,9,1]", "[7,9,2]"),
                good.replace("[7,9,1]", "[7,9]"),
                good.replace("[7,9,1]", "[7,9,null]"),
                good.replace("\"end\":3", "\"end\":2"),
                good.replace("\"finish_reason\":\"stop\"", "\"finish_reason\":\"error\""),
                good.replace("-0.09685763716697693,\"rank\":1,\"top", "null,\"rank\":1,\"top"),
                good.substring(0, good.length() - 3),
                "[]")) {
            answers.put(GENERATE, new Answer(200, bad));
            EngineException refused = assertThrows(EngineException.class, this::generate, bad);
            assertEquals(Kind.MALFORMED, refused.kind(), bad);
        }
    }

    @Test
    void aTextsTokensAreTheEngines() throws Exception {
        answers(200, "/tokenize", "tokenize");
        assertArrayEquals(new int[] {4, 5, 66, 6, 7, 70}, client.tokenize(address(), "12+34=", LIMIT));
        assertEquals(
                Json.MAPPER.readTree("{\"prompt\": \"12+34=\", \"add_special_tokens\": false}"), body("/tokenize"));
    }

    @Test
    void anAbortNamesTheRequestAsTheEngineDoes() throws Exception {
        answers.put("/inference/v1/abort_requests", new Answer(200, ""));
        client.abort(address(), "r1", LIMIT);
        assertEquals(
                Json.MAPPER.readTree("[\"generate-tokens-r1\", \"cmpl-r1-0\"]"),
                body("/inference/v1/abort_requests").path("request_ids"));
        answers.remove("/inference/v1/abort_requests");
        client.abort(address(), "r1", LIMIT);
    }
}
