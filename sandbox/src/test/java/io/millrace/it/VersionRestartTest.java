package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.engine.EngineServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A trainer that counts its weight versions from 1 at every start, as slime does. */
class VersionRestartTest {
    private static final int STEPS = 9;

    @TempDir
    Path folder;

    private WholeRun run;

    @BeforeEach
    void begin() {
        run = new WholeRun(
                Map.of("batch-groups", "2", "samples-per-group", "2", "max-staleness", "1", "pipeline-depth", "1"));
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private static void post(HttpClient http, EngineServer engine, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(engine.url() + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        assertEquals(
                200, http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
    }

    /** Engines have the new weights before they are announced, and nothing that was under way is finished by them. */
    private static void push(HttpClient http, EngineServer engine, long version) throws Exception {
        post(http, engine, "/pause_generation", "{\"mode\": \"abort\"}");
        post(http, engine, "/update_weight_version", "{\"new_version\": \"" + version + "\"}");
        post(http, engine, "/continue_generation", "{}");
    }

    private static JsonNode train(HttpClient http, EngineServer engine, TrainerProcess trainer, long version)
            throws Exception {
        JsonNode lease = assertOk(trainer.leaseNext(30000));
        assertEquals(version - 1, lease.path("weight_version").longValue(), lease::toString);
        JsonNode batch = assertOk(trainer.batch());
        JsonNode staleness = trainer.get("/v1/status").json().path("staleness");
        assertTrue(staleness.path("max").longValue() <= 1, staleness::toString);
        assertTrue(!staleness.path("histogram").toString().contains("-"), staleness::toString);
        push(http, engine, version);
        assertOk(
                trainer.acknowledge(Json.object().put("weight_version", version).toString()));
        return batch;
    }

    @Test
    void theRunGoesOnAndNothingIsTakenForStale() throws Exception {
        EngineServer engine = run.engine(Map.of());
        run.producer(Map.of(
                "dataset",
                ProducerRun.dataSet(folder, "What is ", 64).toString(),
                "max-new-tokens",
                "64",
                "reward-type",
                "random"));
        WholeRun.Part worker = run.worker(engine, Map.of("slots", "8"));
        try (HttpClient http = HttpClient.newHttpClient()) {
            TrainerProcess trainer = run.trainer(Map.of());
            for (long version = 1; version <= STEPS; version++) {
                var _ = train(http, engine, trainer, version);
            }
            // The trainer is started anew, and counts from 1.
            assertOk(trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"updating\"}"));
            Await.until(
                    "the worker holds",
                    () -> worker.health.parts().toString().contains("weights newer than version"),
                    WholeRun.LIMIT);
            push(http, engine, 1);
            JsonNode ready = assertOk(
                    trainer.post("/v1/policy", "{\"lineage\": 0, \"state\": \"ready\", \"weight_version\": 1}"));
            assertEquals(1, ready.path("lineage").longValue(), ready::toString);
            assertEquals(1, ready.path("weight_version").longValue(), ready::toString);
            for (long version = 2; version <= 5; version++) {
                var _ = train(http, engine, trainer, version);
            }
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(13 * 2, status.path("trained").longValue(), status::toString);
            assertEquals(0, status.path("discarded").longValue(), status::toString);
            assertEquals(5, status.path("weight_version").longValue(), status::toString);
            assertEquals(8, status.path("version_offset").longValue(), status::toString);
        }
    }
}
