package io.millrace.sandbox.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.TestSettings;
import io.millrace.sandbox.engine.runtime.ManualEngineTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/**
 * vLLM's dialect in time that stands still: every request takes 10 s once time moves. The expected words are those of a
 * real vLLM 0.32.
 */
@Timeout(60)
class VllmServerTest {
    private static final long WALL_MS = 1_700_000_000_000L;

    private final ManualEngineTime time = new ManualEngineTime();
    private final TestSettings settings = new TestSettings();
    private EngineServer server;
    private EngineClient client;

    private void start() {
        settings.dialect = EngineSettings.Dialect.VLLM;
        settings.maxRunning = 1;
        settings.maxQueued = 0;
        settings.contextLengthTokens = 256;
        server = EngineServer.start(settings.build(), time, () -> WALL_MS);
        client = new EngineClient(server);
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private CompletableFuture<EngineClient.Answer> later(String id) {
        return client.postLater(
                "/inference/v1/generate",
                "{\"request_id\":\"" + id + "\",\"token_ids\":[72,105],\"sampling_params\":{\"max_tokens\":100,"
                        + "\"ignore_eos\":true,\"logprobs\":0}}");
    }

    private static JsonNode get(CompletableFuture<EngineClient.Answer> future) throws Exception {
        EngineClient.Answer answer = future.get(20, TimeUnit.SECONDS);
        assertEquals(200, answer.status(), answer.body());
        return answer.json();
    }

    private void assertAnswered(EngineClient.Answer answer, int status, String json) {
        assertEquals(status, answer.status(), answer.body());
        assertEquals(Json.MAPPER.readTree(json), answer.json());
    }

    private static String error(String message, String type, String param, int code) {
        return Json.object()
                .set(
                        "error",
                        Json.object()
                                .put("message", message)
                                .put("type", type)
                                .put("param", param)
                                .put("code", code))
                .toString();
    }

    @Test
    void aPauseThatKeepsStopsTheTimeOfTokensAndAnUpdateThenSplitsThem() throws Exception {
        start();
        CompletableFuture<EngineClient.Answer> pending = later("r-1");
        time.awaitParked(1);
        time.advance(3);
        assertAnswered(client.post("/pause?mode=keep", "{}"), 200, "{\"status\":\"paused\"}");
        assertAnswered(client.get("/is_paused"), 200, "{\"is_paused\":true}");
        time.advance(100);
        assertAnswered(
                client.post("/update_weight_version", "{\"new_version\":\"8\"}"),
                200,
                "{\"success\":true,\"new_version\":\"8\"}");
        assertFalse(pending.isDone());
        assertAnswered(client.post("/resume", "{}"), 200, "{\"status\":\"resumed\"}");
        time.awaitParked(1);
        time.advance(6.9);
        time.awaitParked(1);
        assertFalse(pending.isDone());
        time.advance(0.2);
        JsonNode answer = get(pending);
        assertEquals("generate-tokens-r-1", answer.path("request_id").stringValue());
        JsonNode choice = answer.path("choices").path(0);
        assertEquals("length", choice.path("finish_reason").stringValue());
        assertEquals(
                Json.MAPPER.readTree(
                        "[{\"version\":\"default\",\"start\":0,\"end\":30},{\"version\":\"8\",\"start\":30,\"end\":100}]"),
                choice.path("weight_versions"));
        assertAnswered(client.get("/weight_info"), 200, "{\"weight_version\":\"8\"}");
    }

    @Test
    void whatAPauseHoldsCanBeEndedByTheEnginesOwnIdOnly() throws Exception {
        start();
        CompletableFuture<EngineClient.Answer> pending = later("held-1");
        time.awaitParked(1);
        time.advance(3);
        client.post("/pause?mode=keep", "{}");
        assertAnswered(
                client.post("/abort_requests", "{\"request_ids\":[\"held-1\"]}"),
                200,
                "{\"status\":\"aborted\",\"aborted\":1}");
        time.awaitParked(1);
        assertFalse(pending.isDone());
        EngineClient.Answer aborted =
                client.post("/inference/v1/abort_requests", "{\"request_ids\":[\"generate-tokens-held-1\"]}");
        assertEquals(200, aborted.status());
        assertEquals("", aborted.body());
        JsonNode choice = get(pending).path("choices").path(0);
        assertEquals("abort", choice.path("finish_reason").stringValue());
        assertEquals(30, choice.path("token_ids").size());
    }

    @Test
    void aPauseThatWaitsBeginsWhenNothingRuns() throws Exception {
        start();
        CompletableFuture<EngineClient.Answer> pending = later("r");
        time.awaitParked(1);
        CompletableFuture<EngineClient.Answer> pause = client.postLater("/pause?mode=wait", "{}");
        while (!client.get("/is_paused").body().contains("true")) {
            Thread.onSpinWait();
        }
        assertFalse(pause.isDone());
        time.advance(10);
        assertEquals(100, get(pending).path("choices").path(0).path("token_ids").size());
        assertEquals("paused", get(pause).path("status").stringValue());
    }

    @Test
    void theQueueHasNoEnd() throws Exception {
        start();
        List<CompletableFuture<EngineClient.Answer>> pending = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pending.add(later("r-" + i));
        }
        time.awaitParked(20);
        String metrics = client.get("/metrics").body();
        assertTrue(metrics.contains("vllm:num_requests_waiting{model_name=\"toy\"} 19"), metrics);
        client.post("/pause?mode=abort", "{}");
        for (CompletableFuture<EngineClient.Answer> answer : pending) {
            JsonNode choice = get(answer).path("choices").path(0);
            assertEquals("abort", choice.path("finish_reason").stringValue());
            assertEquals(0, choice.path("token_ids").size());
        }
    }

    @Test
    void aClosedEndpointSaysSo() throws Exception {
        settings.scaleOut = false;
        start();
        String closed = error(
                "Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.",
                "PermissionDeniedError",
                null,
                403);
        assertAnswered(later("r").get(), 403, closed);
        assertAnswered(client.post("/inference/v1/abort_requests", "{\"request_ids\":[\"x\"]}"), 403, closed);
    }

    private void assertRefused(String path, String body, String message, String type, String param) throws Exception {
        assertAnswered(client.post(path, body), 400, error(message, type, param, 400));
    }

    @Test
    void refusalsAreInVllmsWords() throws Exception {
        start();
        String generate = "/inference/v1/generate";
        String bad = "BadRequestError";
        String ids = "{\"token_ids\":[4],\"sampling_params\":";
        assertRefused(
                generate,
                ids + "{\"temperature\":-1}}",
                "temperature must be non-negative, got -1.0. (parameter=temperature, value=-1.0)",
                bad,
                "temperature");
        assertRefused(
                generate,
                ids + "{\"max_tokens\":0}}",
                "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)",
                bad,
                "max_tokens");
        assertRefused(generate, ids + "{\"min_p\":7}}", "min_p must be in [0, 1], got 7.0.", bad, null);
        assertRefused(
                generate, ids + "{\"top_k\":-2}}", "top_k must be 0 (disable), or at least 1, got -2.", bad, null);
        assertRefused(
                generate,
                ids + "{\"logprobs\":100}}",
                "Requested sample logprobs of 100, which is greater than max allowed: 20 (parameter=logprobs,"
                        + " value=100)",
                bad,
                "logprobs");
        assertRefused(
                generate,
                "{\"token_ids\":[99999],\"sampling_params\":{}}",
                "Token id 99999 is out of vocabulary",
                bad,
                null);
        assertRefused("/v1/completions", "{\"prompt\":[]}", "You must pass at least one prompt", bad, null);
        String prompt = "[" + "4,".repeat(256) + "4]";
        assertRefused(
                generate,
                "{\"token_ids\":" + prompt + ",\"sampling_params\":{}}",
                "The decoder prompt (length 257) is longer than the maximum model length of 256. Make sure that"
                        + " `max_model_len` is no smaller than the number of text tokens.",
                bad,
                null);
        assertRefused(
                "/v1/completions",
                "{\"prompt\":" + prompt + "}",
                "This model's maximum context length is 256 tokens. However, your prompt contains at least 257 input"
                        + " tokens, which exceeds this limit even without any output tokens. Please reduce the length of"
                        + " the input prompt. (parameter=input_tokens, value=257)",
                bad,
                "input_tokens");
        assertRefused(
                "/v1/completions",
                "{\"prompt\":[4],\"max_tokens\":300}",
                "max_tokens=300 cannot be greater than max_model_len=256. Please request fewer output tokens."
                        + " (parameter=max_tokens, value=300)",
                bad,
                "max_tokens");
        assertAnswered(
                client.post("/tokenize", "{\"model\":\"nope\",\"prompt\":\"12\"}"),
                404,
                error("The model `nope` does not exist. Valid aliases: toy.", "NotFoundError", "model", 404));
        assertAnswered(client.post("/nope", "{}"), 404, "{\"detail\":\"Not Found\"}");
        assertAnswered(client.get(generate), 405, "{\"detail\":\"Method Not Allowed\"}");
        JsonNode unread = client.post(generate, "{nope").json().path("error");
        assertEquals("Bad Request", unread.path("type").stringValue());
        assertTrue(unread.path("message").stringValue().startsWith("1 validation error:"), unread::toString);
        JsonNode mode = client.post("/pause?mode=nope", "{}").json().path("error");
        assertEquals("query.mode", mode.path("param").stringValue());
    }

    @Test
    void anAnswerLongerThanTheContextEndsThere() throws Exception {
        start();
        CompletableFuture<EngineClient.Answer> pending = client.postLater(
                "/v1/completions",
                "{\"prompt\":[" + "65,".repeat(199)
                        + "65],\"max_tokens\":100,\"ignore_eos\":true,\"return_token_ids\":true,\"logprobs\":0}");
        time.awaitParked(1);
        time.advance(10);
        JsonNode choice = get(pending).path("choices").path(0);
        assertEquals("length", choice.path("finish_reason").stringValue());
        assertEquals(56, choice.path("token_ids").size());
        assertEquals(56, choice.path("logprobs").path("token_logprobs").size());
    }

    @Test
    void whatIsAskedOfItIsToldInItsShape() throws Exception {
        start();
        assertAnswered(
                client.post("/tokenize", "{\"prompt\":\"12\"}"),
                200,
                "{\"count\":2,\"max_model_len\":256,\"tokens\":[49,50],\"token_strs\":null}");
        assertAnswered(client.post("/detokenize", "{\"tokens\":[49,256]}"), 200, "{\"prompt\":\"1<|endoftext|>\"}");
        assertEquals(200, client.get("/health").status());
        assertAnswered(client.get("/weight_info"), 200, "{\"weight_version\":\"default\"}");
        JsonNode model = client.get("/v1/models").json().path("data").path(0);
        assertEquals("toy", model.path("id").stringValue());
        assertEquals(256, model.path("max_model_len").intValue());
        assertTrue(client.get("/metrics").body().contains("vllm:num_requests_running"));
    }
}
