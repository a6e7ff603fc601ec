package io.millrace.sandbox.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.TestSettings;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.ManualEngineTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The real server on loopback, in time that stands still: every request takes 10 s once time moves. */
class EngineServerTest {
    private static final String QUESTION = "What is 6 times 7, worked out carefully?";
    private static final long WALL_MS = 1_700_000_000_000L;

    @TempDir
    Path folder;

    private final ManualEngineTime time = new ManualEngineTime();
    private EngineServer server;
    private EngineClient client;

    @BeforeEach
    void start() throws IOException {
        TestSettings settings = new TestSettings();
        settings.maxRunning = 2;
        settings.maxQueued = 1;
        settings.rightShare = 1;
        settings.answers = folder.resolve("answers.jsonl");
        Files.writeString(
                settings.answers,
                "{\"prompt\":[{\"role\":\"user\",\"content\":\"" + QUESTION + "\"}],\"label\":\"42\"}\n");
        server = EngineServer.start(settings.build(), time, () -> WALL_MS);
        client = new EngineClient(server);
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private static String generate(String rid, String samplingParams) {
        return Json.object()
                .put("rid", rid)
                .put("text", "<|im_start|>user\n" + QUESTION + "<|im_end|>\n<|im_start|>assistant\n")
                .put("return_logprob", true)
                .set("sampling_params", Json.MAPPER.readTree(samplingParams))
                .toString();
    }

    private CompletableFuture<EngineClient.Answer> later(String rid) {
        return client.postLater("/generate", generate(rid, "{\"max_new_tokens\":500,\"no_stop_trim\":true}"));
    }

    private static EngineClient.Answer get(CompletableFuture<EngineClient.Answer> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    private static String finish(EngineClient.Answer answer) {
        return answer.meta().path("finish_reason").path("type").asString();
    }

    /** Text, ids, log-probabilities, counts and spans of an answer all say the same. */
    private static void assertHonest(EngineClient.Answer answer) {
        assertEquals(200, answer.status(), answer.body());
        JsonNode meta = answer.meta();
        JsonNode ids = answer.json().path("output_ids");
        JsonNode logProbs = meta.path("output_token_logprobs");
        assertEquals(ids.size(), meta.path("completion_tokens").intValue());
        assertEquals(ids.size(), meta.path("output_token_logprobs_length").intValue());
        assertEquals(ids.size(), logProbs.size());
        int[] tokens = new int[ids.size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = ids.get(i).intValue();
            assertEquals(3, logProbs.get(i).size());
            assertEquals(tokens[i], logProbs.get(i).get(1).intValue());
            double logProb = logProbs.get(i).get(0).doubleValue();
            assertTrue(logProb <= 0 && logProb == (float) logProb);
            assertTrue(logProbs.get(i).get(2).isNull());
        }
        assertEquals(
                ToyTokenizer.decode(tokens, true), answer.json().path("text").stringValue());
        int next = 0;
        for (JsonNode span : meta.path("weight_versions")) {
            assertEquals(next, span.path("start").intValue());
            next = span.path("end").intValue();
            assertTrue(next > span.path("start").intValue());
        }
        assertEquals(tokens.length, next);
        if (next > 0) {
            assertEquals(
                    meta.path("weight_version").stringValue(),
                    meta.path("weight_versions")
                            .get(meta.path("weight_versions").size() - 1)
                            .path("version")
                            .stringValue());
        }
    }

    @Test
    void aRequestIsAnsweredInSglangsShape() throws Exception {
        CompletableFuture<EngineClient.Answer> pending = later("r-1");
        time.awaitParked(1);
        time.advance(10);
        EngineClient.Answer answer = get(pending);
        assertHonest(answer);
        assertTrue(answer.json().path("text").stringValue().endsWith("\nAnswer: 42"));
        assertEquals("r-1", answer.meta().path("id").stringValue());
        assertEquals("stop", finish(answer));
        assertEquals(
                ToyTokenizer.EOS,
                answer.meta().path("finish_reason").path("matched").intValue());
        assertEquals(10.0, answer.meta().path("e2e_latency").doubleValue());
        assertEquals("default", answer.meta().path("weight_version").stringValue());
        assertEquals(0, answer.meta().path("cached_tokens").intValue());
        assertTrue(answer.meta().path("prompt_tokens").intValue() > QUESTION.length());
    }

    @Test
    void putInputIdsAndNoLogProbabilitiesWorkToo() throws Exception {
        CompletableFuture<EngineClient.Answer> pending = CompletableFuture.supplyAsync(() -> {
            try {
                return client.send(
                        "PUT", "/generate", "{\"input_ids\":[72,105],\"sampling_params\":{\"max_new_tokens\":7}}");
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        time.awaitParked(1);
        time.advance(10);
        EngineClient.Answer answer = get(pending);
        assertEquals("length", finish(answer));
        assertEquals(7, answer.meta().path("finish_reason").path("length").intValue());
        assertEquals(7, answer.json().path("output_ids").size());
        assertEquals(2, answer.meta().path("prompt_tokens").intValue());
        assertFalse(answer.meta().has("output_token_logprobs"));
        assertEquals(32, answer.meta().path("id").stringValue().length());
    }

    @Test
    void requestsBeyondTheLimitWaitAndBeyondTheQueueAreRefused() throws Exception {
        List<CompletableFuture<EngineClient.Answer>> admitted = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            admitted.add(later("r-" + i));
            time.awaitParked(i + 1);
        }
        EngineClient.Answer refused = get(later("r-3"));
        assertEquals(503, refused.status());
        assertEquals(
                Json.MAPPER.readTree(
                        "{\"object\":\"error\",\"message\":\"The request queue is full.\",\"type\":\"503\",\"param\":null,\"code\":503}"),
                refused.json());
        JsonNode load =
                client.get("/v1/loads?include=core").json().path("loads").get(0);
        assertEquals(2, load.path("num_running_reqs").intValue());
        assertEquals(1, load.path("num_waiting_reqs").intValue());
        assertFalse(load.has("queues"));
        String metrics = client.get("/metrics").body();
        assertTrue(metrics.contains("sglang:num_running_reqs{model_name=\"toy\"} 2.0"), metrics);
        assertTrue(metrics.contains("sglang:num_queue_reqs{model_name=\"toy\"} 1.0"), metrics);
        assertTrue(metrics.contains("sglang:num_requests_total{model_name=\"toy\"} 4.0"), metrics);

        time.advance(10);
        assertHonest(get(admitted.get(0)));
        assertHonest(get(admitted.get(1)));
        time.awaitParked(1);
        time.advance(10);
        assertEquals(20.0, get(admitted.get(2)).meta().path("e2e_latency").doubleValue());

        JsonNode summary = client.get("/admin/ledger/summary?slots=2&to_ms=" + (WALL_MS + 20_000))
                .json();
        assertEquals(4, summary.path("requests").intValue());
        assertEquals(1, summary.path("rejected").intValue());
        assertEquals(2, summary.path("completed").intValue());
        assertEquals(2, summary.path("peak_running").intValue());
        assertEquals(30.0, summary.path("busy_seconds").doubleValue());
        assertEquals(0.75, summary.path("occupancy").doubleValue());
        assertEquals(WALL_MS, summary.path("first_start_ms").doubleValue());
        assertEquals(0, summary.path("duplicates").intValue());
        assertEquals(0, summary.path("unrecorded").intValue());
        List<String> rows =
                client.get("/admin/ledger?from_ms=" + WALL_MS).body().lines().toList();
        assertEquals(4, rows.size());
        JsonNode waited = Json.MAPPER.readTree(rows.get(2));
        assertEquals("r-2", waited.path("rid").stringValue());
        assertEquals(WALL_MS + 10_000, waited.path("start_ms").doubleValue());
        assertEquals(WALL_MS + 20_000, waited.path("end_ms").doubleValue());
        assertEquals("stop", waited.path("outcome").stringValue());
        assertTrue(waited.path("remote").stringValue().startsWith("127.0.0.1:"));
        assertTrue(Json.MAPPER.readTree(rows.get(3)).path("start_ms").isNull());
    }

    @Test
    void anAbortedRequestAnswers200WithTheTokensItHad() throws Exception {
        CompletableFuture<EngineClient.Answer> whole = later("whole");
        CompletableFuture<EngineClient.Answer> cut = later("cut");
        time.awaitParked(2);
        time.advance(4);
        time.awaitParked(2);
        assertEquals(200, client.post("/abort_request", "{\"rid\":\"cut\"}").status());
        EngineClient.Answer aborted = get(cut);
        assertHonest(aborted);
        assertEquals("abort", finish(aborted));
        assertEquals(4.0, aborted.meta().path("e2e_latency").doubleValue());
        assertTrue(aborted.json().path("output_ids").size() > 0);
        assertTrue(aborted.meta().path("finish_reason").path("status_code").isNull());
        time.awaitParked(1);
        time.advance(6);
        assertEquals("stop", finish(get(whole)));
        assertEquals(
                "abort",
                Json.MAPPER
                        .readTree(client.get("/admin/ledger")
                                .body()
                                .lines()
                                .filter(line -> line.contains("\"cut\""))
                                .findFirst()
                                .orElseThrow())
                        .path("outcome")
                        .stringValue());
    }

    @Test
    void abortingAllEndsTheWaitingEmpty() throws Exception {
        List<CompletableFuture<EngineClient.Answer>> pending = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            pending.add(later("r-" + i));
            time.awaitParked(i + 1);
        }
        time.advance(5);
        time.awaitParked(3);
        client.post("/abort_request", "{\"abort_all\":true}");
        for (CompletableFuture<EngineClient.Answer> each : pending) {
            assertHonest(get(each));
            assertEquals("abort", finish(get(each)));
        }
        EngineClient.Answer waited = get(pending.get(2));
        assertEquals(0, waited.json().path("output_ids").size());
        assertEquals("", waited.json().path("text").stringValue());
        assertEquals(
                "Abort in waiting queue",
                waited.meta().path("finish_reason").path("message").stringValue());
        assertTrue(get(pending.get(0)).json().path("output_ids").size() > 0);
    }

    @Test
    void aVersionChangeDuringARequestSplitsItsSpans() throws Exception {
        CompletableFuture<EngineClient.Answer> pending = later("r-1");
        time.awaitParked(1);
        time.advance(4);
        time.awaitParked(1);
        EngineClient.Answer updated =
                client.post("/update_weight_version", "{\"new_version\":\"v1\",\"abort_all_requests\":false}");
        assertEquals(200, updated.status());
        assertTrue(updated.json().path("success").booleanValue());
        assertEquals("v1", updated.json().path("new_version").stringValue());
        assertEquals(
                "v1",
                client.get("/get_weight_version").json().path("weight_version").stringValue());
        assertEquals(
                "v1", client.get("/model_info").json().path("weight_version").stringValue());
        time.advance(6);
        EngineClient.Answer answer = get(pending);
        assertHonest(answer);
        assertEquals("v1", answer.meta().path("weight_version").stringValue());
        JsonNode spans = answer.meta().path("weight_versions");
        assertEquals(2, spans.size());
        assertEquals("default", spans.get(0).path("version").stringValue());
        int tokens = answer.json().path("output_ids").size();
        assertEquals((int) (tokens * 0.4), spans.get(0).path("end").intValue());
    }

    @Test
    void aVersionChangeAbortsByDefault() throws Exception {
        CompletableFuture<EngineClient.Answer> pending = later("r-1");
        time.awaitParked(1);
        client.post("/update_weight_version", "{\"new_version\":\"v1\"}");
        assertEquals("abort", finish(get(pending)));
        assertEquals(
                "v1",
                client.get("/get_model_info").json().path("weight_version").stringValue());
    }

    @Test
    void tokenizingFollowsSglang() throws Exception {
        JsonNode one = client.post("/tokenize", "{\"prompt\":\"hi<|im_end|>\"}").json();
        assertEquals(Json.MAPPER.readTree("[104,105,258]"), one.path("tokens"));
        assertEquals(3, one.path("count").intValue());
        assertEquals(1024, one.path("max_model_len").intValue());
        JsonNode many = client.post("/tokenize", "{\"prompt\":[\"a\",\"bc\"]}").json();
        assertEquals(Json.MAPPER.readTree("[[97],[98,99]]"), many.path("tokens"));
        assertEquals(Json.MAPPER.readTree("[1,2]"), many.path("count"));
        assertEquals(
                "hi",
                client.post("/detokenize", "{\"tokens\":[104,105,258]}")
                        .json()
                        .path("text")
                        .stringValue());
        assertEquals(
                "hi<|im_end|>",
                client.post("/detokenize", "{\"tokens\":[104,105,258],\"skip_special_tokens\":false}")
                        .json()
                        .path("text")
                        .stringValue());
        assertEquals(
                Json.MAPPER.readTree("[\"a\",\"b\"]"),
                client.post("/detokenize", "{\"tokens\":[[97],[98]]}").json().path("text"));
    }

    @Test
    void healthAndServerInformationAnswer() throws Exception {
        assertEquals(200, client.get("/health").status());
        assertEquals(200, client.get("/health_generate").status());
        JsonNode info = client.get("/server_info").json();
        assertEquals(2, info.path("max_running_requests").intValue());
        assertEquals(1024, info.path("context_length").intValue());
        assertEquals(info, client.get("/get_server_info").json());
        assertTrue(client.get("/model_info").json().path("is_generation").booleanValue());
    }

    @Test
    void closingAnswersWhatIsPending() throws Exception {
        CompletableFuture<EngineClient.Answer> pending = later("r-1");
        time.awaitParked(1);
        server.close();
        assertEquals("abort", finish(get(pending)));
    }
}
