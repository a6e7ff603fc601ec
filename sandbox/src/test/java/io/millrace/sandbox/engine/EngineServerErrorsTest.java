package io.millrace.sandbox.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.TestSettings;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Every way to be refused, in the shape a client will meet. */
class EngineServerErrorsTest {
    private static EngineServer server;
    private static EngineClient client;

    @BeforeAll
    static void start() {
        TestSettings settings = new TestSettings();
        settings.latencyMedian = Duration.ZERO;
        settings.contextLengthTokens = 100;
        server = EngineServer.start(settings.build());
        client = new EngineClient(server);
    }

    @AfterAll
    static void stop() {
        server.close();
        client.close();
    }

    private static void assertMalformed(String body, String message) throws Exception {
        EngineClient.Answer answer = client.post("/generate", body);
        assertEquals(400, answer.status(), answer.body());
        assertEquals("error", answer.json().path("object").stringValue(), answer.body());
        assertEquals("Bad Request", answer.json().path("type").stringValue());
        assertEquals(400, answer.json().path("code").intValue());
        assertTrue(answer.json().path("param").isNull());
        assertTrue(answer.json().path("message").stringValue().contains(message), answer.body());
    }

    private static void assertInvalid(String body, String message) throws Exception {
        EngineClient.Answer answer = client.post("/generate", body);
        assertEquals(400, answer.status(), answer.body());
        assertTrue(answer.json().path("error").path("message").asString().contains(message), answer.body());
    }

    private static String hi(String field) {
        return "{\"text\":\"hi\"," + field + "}";
    }

    @Test
    void whatIsNoRequestIsAFlatError() throws Exception {
        assertMalformed("{\"text\":", "not valid JSON");
        assertMalformed("", "JSON");
        assertMalformed("[]", "body");
        assertMalformed("{\"text\":7}", "text is not valid JSON or not what it must be");
        assertMalformed("{\"input_ids\":\"7\"}", "input_ids is not");
        assertMalformed("{\"input_ids\":[1,\"2\"]}", "input_ids [1] is not");
        assertMalformed("{\"input_ids\":[1,", "not valid JSON");
        assertMalformed(hi("\"return_logprob\":1"), "return_logprob is not");
        assertMalformed(hi("\"sampling_params\":7"), "sampling_params is not");
        assertMalformed(hi("\"sampling_params\":{\"max_new_tokens\":1.5}"), "sampling_params max_new_tokens is not");
        assertMalformed(hi("\"sampling_params\":{\"max_new_tokens\":99999999999}"), "max_new_tokens");
        assertMalformed(hi("\"sampling_params\":{\"stop\":[1]}"), "sampling_params stop [0] is not");
    }

    @Test
    void batchesAndStreamsAreRefusedByName() throws Exception {
        assertMalformed("{\"input_ids\":[[1],[2]]}", "batches are not supported");
        assertMalformed("{\"text\":[\"a\"]}", "batches are not supported");
        assertMalformed(hi("\"sampling_params\":[{}]"), "batches are not supported");
        assertMalformed(hi("\"sampling_params\":{\"n\":2}"), "n above 1");
        assertMalformed(hi("\"stream\":true"), "stream=true is not supported");
        assertMalformed(hi("\"top_logprobs_num\":2"), "top_logprobs_num");
        assertMalformed(hi("\"sampling_params\":{\"regex\":\"a\"}"), "regex is not supported");
    }

    @Test
    void whatCannotBeGeneratedIsANestedError() throws Exception {
        assertInvalid("{}", "exactly one of text and input_ids");
        assertInvalid("{\"text\":\"a\",\"input_ids\":[1]}", "exactly one of text and input_ids");
        assertInvalid("{\"input_ids\":[]}", "at least 1 token");
        assertInvalid("{\"input_ids\":[5,259]}", "input_ids[1] must be 0 to 258, was 259");
        assertInvalid(hi("\"sampling_params\":{\"temperature\":-1}"), "temperature must be 0 or more");
        assertInvalid(hi("\"sampling_params\":{\"top_p\":0}"), "top_p must be above 0");
        assertInvalid(hi("\"sampling_params\":{\"top_k\":0}"), "top_k must be -1 or 1 or more");
        assertInvalid(hi("\"sampling_params\":{\"max_new_tokens\":-1}"), "max_new_tokens must be 0 or more");
    }

    @Test
    void whatDoesNotFitTheContextIsANestedError() throws Exception {
        ObjectNode body = Json.object().put("text", "x".repeat(100));
        assertInvalid(
                body.toString(), "The input (100 tokens) is longer than the model's context length (100 tokens).");
        body.put("text", "x".repeat(50)).putObject("sampling_params").put("max_new_tokens", 51);
        assertInvalid(body.toString(), "Requested token count exceeds");
        body.putObject("sampling_params").put("max_new_tokens", 50);
        assertEquals(200, client.post("/generate", body.toString()).status());
    }

    @Test
    void fieldsThatChangeNothingAreAccepted() throws Exception {
        String body = hi("\"session_id\":\"s\",\"priority\":3,\"stream\":false,\"rid\":null,\"extra_key\":{\"a\":[1]},"
                + "\"sampling_params\":{\"max_new_tokens\":5,\"spaces_between_special_tokens\":false,"
                + "\"custom_params\":{\"x\":[1,2]},\"stop\":null,\"min_p\":0.1}");
        assertEquals(200, client.post("/generate", body).status());
    }

    @Test
    void theOtherEndpointsRefuseWhatTheyCannotRead() throws Exception {
        assertEquals(400, client.post("/abort_request", "{}").status());
        assertEquals(400, client.post("/abort_request", "{").status());
        assertEquals(400, client.post("/tokenize", "{\"prompt\":7}").status());
        assertEquals(400, client.post("/detokenize", "{\"tokens\":[999]}").status());
        assertEquals(400, client.post("/update_weight_version", "{}").status());
        assertEquals(400, client.get("/admin/ledger/summary?slots=0").status());
        assertEquals(400, client.get("/admin/ledger?from_ms=x").status());
        assertEquals(400, client.get("/v1/loads?include=nonsense").status());
        assertEquals(404, client.get("/nothing-here").status());
    }
}
