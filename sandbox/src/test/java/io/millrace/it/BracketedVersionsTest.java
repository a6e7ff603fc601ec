package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.sandbox.engine.EngineServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Engines that do not tell which version made which token, updated in the middle of generations. */
class BracketedVersionsTest {
    private static final int GROUPS = 12;
    private static final int SAMPLES = 4;

    private WorkerRun run;

    @BeforeEach
    void begin() throws Exception {
        run = new WorkerRun(Map.of());
    }

    @AfterEach
    void end() throws Exception {
        run.close();
    }

    private EngineServer engine(String shape) {
        return run.engine(
                Map.of("latency", "tokens", "token-time", "5ms", "filler-median", "60", "version-shape", shape));
    }

    /** Fewer slots than samples, so that samples start all along the way. */
    private void generate(EngineServer engine, boolean abort) throws Exception {
        run.worker(Map.of("slots", "12", "engine-version-interval", "100ms"), engine.url());
        TrainingTask[] tasks = new TrainingTask[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            tasks[i] = WorkerRun.task(i, SAMPLES, "What is " + i + " + 1?", "" + (i + 1), 150);
        }
        run.publish(tasks);
        int version = 0;
        do {
            JsonNode update = Json.object()
                    .put("new_version", Integer.toString(++version))
                    .put("abort_all_requests", abort);
            run.post(engine, "/update_weight_version", update);
            run.say(Policy.State.READY, version);
            // What is generated meanwhile has tokens of this version.
            Aside.generate(engine, 20);
        } while (run.receipts().size() < GROUPS && version < 500);
        run.awaitReceipts(GROUPS);
    }

    /** By sample: the oldest version of any of its tokens and the newest, as the engine's ledger has them. */
    private Map<String, long[]> truth(EngineServer engine) throws Exception {
        Map<String, long[]> versions = new HashMap<>();
        for (JsonNode row : run.ledger(engine)) {
            for (JsonNode span : row.path("weight_versions")) {
                // Before the first update it is called default.
                String word = span.path("version").stringValue();
                long version = word.equals("default") ? 0 : Long.parseLong(word);
                versions.merge(
                        row.path("rid").stringValue().replaceAll("\\.t\\d+$", ""),
                        new long[] {version, version},
                        (one, other) -> new long[] {Math.min(one[0], other[0]), Math.max(one[1], other[1])});
            }
        }
        return versions;
    }

    private List<SampleHeader> samples() throws Exception {
        List<SampleHeader> samples = new ArrayList<>();
        run.groups().forEach(group -> samples.addAll(group.header().samples()));
        assertEquals(GROUPS * SAMPLES, samples.size());
        return samples;
    }

    private String name(SampleHeader sample) {
        return run.run + ".g" + sample.index() / SAMPLES + ".a1.s" + sample.index() % SAMPLES;
    }

    private static long oldest(SampleHeader sample) {
        return sample.weightVersions().stream()
                .mapToLong(span -> span.version().value())
                .min()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"scalar,false", "scalar,true", "asked,false"})
    void noTokenIsOlderThanRecorded(String shapeAndAbort) throws Exception {
        String[] parts = shapeAndAbort.split(",", -1);
        EngineServer engine = engine(parts[0]);
        run.post(
                engine,
                "/update_weight_version",
                Json.object().put("new_version", "0").put("abort_all_requests", false));
        generate(engine, Boolean.parseBoolean(parts[1]));

        Map<String, long[]> truth = truth(engine);
        int updated = 0;
        int recent = 0;
        for (SampleHeader sample : samples()) {
            long[] made = truth.get(name(sample));
            assertEquals(SpanProvenance.BRACKETED, sample.provenance(), name(sample));
            assertTrue(oldest(sample) <= made[0], name(sample) + ": " + sample.weightVersions() + ", truly " + made[0]);
            updated += made[0] < made[1] ? 1 : 0;
            recent += oldest(sample) > 0 ? 1 : 0;
        }
        assertTrue(updated > GROUPS, updated + " samples were updated in their middle");
        assertTrue(recent > GROUPS, recent + " samples are known to be younger than the first version");
    }

    @Test
    void anEngineThatTellsNothingLeavesTheIssueVersion() throws Exception {
        EngineServer engine = engine("none");
        generate(engine, false);
        for (SampleHeader sample : samples()) {
            assertEquals(SpanProvenance.ISSUE, sample.provenance());
            assertEquals(0, oldest(sample));
        }
    }
}
