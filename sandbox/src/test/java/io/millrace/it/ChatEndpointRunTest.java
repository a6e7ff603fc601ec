package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.testing.Await;
import io.millrace.sandbox.engine.EngineServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A worker whose engine is a chat endpoint, in a run that trains. */
class ChatEndpointRunTest {
    private static final int ROWS = 4;

    @TempDir
    Path folder;

    private final WholeRun run = new WholeRun(Map.of("samples-per-group", "2", "batch-groups", "2"));

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    @Test
    void itEvaluatesAndLeavesWhatIsToBeTrainedOnToOthers() throws Exception {
        EngineServer chat = run.engine(Map.of("dialect", "vllm"));
        String dataSet = ProducerRun.dataSet(folder, "Question number ", ROWS).toString();
        TrainerProcess trainer = run.trainer(Map.of());
        run.producer(Map.of("dataset", dataSet, "reward-type", "random", "max-new-tokens", "64"));
        WholeRun.Part worker = run.worker(chat, Map.of("engine", "openai-chat", "slots", "4", "eval-share", "1.0"));
        String asked = Json.object()
                .put("eval_id", "e1")
                .set(
                        "data_sets",
                        Json.MAPPER
                                .createArrayNode()
                                .add(Json.object().put("name", "d").put("path", dataSet)))
                .toString();
        assertTrue(trainer.post("/v1/evaluations", asked).status() < 300);
        Await.until(
                "the evaluation is over",
                () -> trainer.get("/v1/evaluations/e1").json().path("report").isObject(),
                WholeRun.LIMIT);

        List<JsonNode> lines = new String(
                        trainer.get("/v1/evaluations/e1/samples").body(), StandardCharsets.UTF_8)
                .lines()
                .map(Json.MAPPER::readTree)
                .toList();
        assertEquals(ROWS, lines.size());
        for (JsonNode line : lines) {
            for (JsonNode sample : line.path("samples")) {
                assertFalse(sample.path("response").stringValue().isEmpty(), sample::toString);
                assertEquals(0, sample.path("tokens").size());
                assertTrue(sample.path("metadata").path("text_only").booleanValue(), sample::toString);
            }
        }
        List<JsonNode> requests = run.ledger(chat);
        assertTrue(requests.size() >= ROWS, () -> requests.size() + " requests");
        assertEquals(
                0, trainer.get("/v1/status").json().path("finished").longValue(), "nothing was made to be trained on");
        worker.stop();

        // What it left is there for a worker that can.
        run.worker(run.engine(Map.of()), Map.of("slots", "4"));
        TrainerRun.assertOk(trainer.leaseNext(60_000));
    }
}
