package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.EngineServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Requests of a test's own at a stand-in engine, by which it knows how far the others there are. */
final class Aside {
    private static final String RID = "aside";

    private Aside() {}

    /**
     * Returns when the engine has generated so many tokens aside: whatever it had in flight all the while, and generates at
     * so much time a token, has as many more, or has ended.
     */
    static void generate(EngineServer engine, int tokens) throws Exception {
        ObjectNode body = Json.object().put("rid", RID).put("text", "aside");
        body.putObject("sampling_params").put("max_new_tokens", tokens).put("ignore_eos", true);
        HttpRequest request = HttpRequest.newBuilder(URI.create(engine.url() + "/generate"))
                .timeout(WorkerRun.LIMIT)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            JsonNode answer = Json.MAPPER.readTree(
                    http.send(request, BodyHandlers.ofString()).body());
            assertEquals(
                    tokens, answer.path("meta_info").path("completion_tokens").intValue(), answer::toString);
        }
    }

    /** Whether a row of an engine's ledger is of such a request. */
    static boolean isRow(JsonNode row) {
        return row.path("rid").stringValue().equals(RID);
    }
}
