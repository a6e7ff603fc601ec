package io.millrace.it;

import static io.millrace.it.TrainerRun.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Evaluations that were asked for on hosts whose clocks are wrong by days. */
class EvaluationExpiryTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration DAYS = Duration.ofDays(10);

    private static final EvalRecord.EvalDataSet DATA_SET =
            new EvalRecord.EvalDataSet("d", "/nowhere.jsonl", 1, 1.0, null, null, null, null, null);

    private TrainerRun run;

    @BeforeEach
    void start() throws Exception {
        run = new TrainerRun();
    }

    @AfterEach
    void stop() {
        run.close();
    }

    /** @param ahead of this host's clock, or behind it */
    private void ask(String id, Duration ahead, Duration limit) throws Exception {
        run.ask(new EvalRecord.Request(
                id,
                new Lineage(0),
                new WeightVersion(0),
                0,
                List.of(DATA_SET),
                System.currentTimeMillis() + ahead.toMillis(),
                limit.toMillis()));
    }

    private static String state(TrainerProcess trainer, String id) throws Exception {
        return assertOk(trainer.get("/v1/evaluations/" + id)).path("state").asString();
    }

    private static void awaitExpiry(TrainerProcess trainer, String id) throws Exception {
        Await.until(
                id + " expires",
                () -> {
                    TrainerProcess.Answer answer = trainer.get("/v1/evaluations/" + id);
                    return answer.status() == 200
                            && answer.json().path("state").asString().equals("expired");
                },
                TrainerRun.LIMIT);
    }

    @Test
    void theirTimeCountsFromTheirArrivalAlsoAfterARestart() throws Exception {
        try (TrainerProcess trainer = run.start(Map.of())) {
            ask("long-behind", DAYS.negated(), LONG);
            ask("short-ahead", DAYS, SHORT);
            awaitExpiry(trainer, "short-ahead");
            assertEquals("waiting", state(trainer, "long-behind"));
        }
        ask("short-ahead-too", DAYS, SHORT);
        try (TrainerProcess again = run.start(Map.of())) {
            awaitExpiry(again, "short-ahead-too");
            assertEquals("waiting", state(again, "long-behind"));
        }
    }
}
