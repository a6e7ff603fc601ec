package io.millrace.it;

import static io.millrace.it.TrainerRun.LIMIT;
import static io.millrace.it.TrainerRun.assertStatus;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.TestingRollouts;
import io.millrace.common.testing.Await;
import io.millrace.trainer.decide.FirstRewards;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A run that cannot succeed ends and says why, instead of trying for ever. */
class NoUseTest {
    /** An engine that knows no {@code /tokenize}, nor anything else. */
    private static HttpServer engineWithoutTokenize() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = "{\"detail\": \"Not Found\"}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(404, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    @Test
    void whoWaitsIsToldWhatWasGivenUpAndWhyUntilAGroupFinishes() throws Exception {
        try (TrainerRun run = new TrainerRun();
                TrainerProcess trainer = run.start(Map.of("max-consecutive-abandoned", "3"))) {
            run.abandon(0, "3 attempts failed, the limit is 3: reward-unknown: no reward is called 'x'");
            run.abandon(1, "3 attempts failed, the limit is 3: reward-unknown: no reward is called 'x'");
            String last = "last abandoned: 2 groups, commonest: reward-unknown: no reward is called 'x'";
            Await.until("202 names them", () -> waitingFor(trainer).equals("2 more groups to finish; " + last), LIMIT);
            JsonNode status = trainer.get("/v1/status").json();
            assertEquals(last, status.path("last_abandoned").asString());
            assertEquals(2, status.path("consecutive_abandoned").asLong());
            run.publish(List.of(TestingRollouts.group(run.run, 2, 1, TrainerRun.SAMPLES, Reward.of(0.5), "yes")));
            Await.until("one finishes", () -> waitingFor(trainer).equals("1 more group to finish"), LIMIT);
            for (int index = 3; index < 7; index++) {
                run.abandon(index, "10 attempts were lost, the limit is 10: no live worker has named it");
            }
            JsonNode refused = assertStatus(409, trainer.leaseNext(30000));
            assertTrue(
                    refused.path("error").asString().startsWith("4 groups in a row were given up"), refused::toString);
            assertEquals(1, trainer.exitCode());
        }
    }

    /** Such as with a label that is a whole worked solution, which no answer equals. */
    @Test
    void rewardsOfWhichNoneIsAboveTheLeastAreWarnedOfUntilOneIs() throws Exception {
        try (TrainerRun run = new TrainerRun();
                TrainerProcess trainer = run.start(Map.of("max-staleness", "1000"))) {
            List<RolloutGroup> flat = new ArrayList<>();
            for (int index = 0; index < FirstRewards.GROUPS; index++) {
                flat.add(TestingRollouts.group(run.run, index, 1, TrainerRun.SAMPLES, Reward.of(0), "yes"));
            }
            run.publish(flat);
            Await.until("it is said", () -> rewardWarning(trainer).isString(), LIMIT);
            String warning = rewardWarning(trainer).asString();
            assertTrue(warning.contains("no reward of the first 200 groups is above the least"), warning);
            Await.until("in a metric too", () -> flat(trainer, run, 1), LIMIT);
            run.publish(List.of(TestingRollouts.group(run.run, 200, 1, TrainerRun.SAMPLES, Reward.of(1), "yes")));
            Await.until("one is above", () -> !rewardWarning(trainer).isString(), LIMIT);
            Await.until("there too", () -> flat(trainer, run, 0), LIMIT);
        }
    }

    private static boolean flat(TrainerProcess trainer, TrainerRun run, int value) throws Exception {
        return new String(trainer.get("/metrics").body(), StandardCharsets.UTF_8)
                .contains("millrace_trainer_rewards_flat{run=\"" + run.run + "\"} " + value + ".0");
    }

    private static JsonNode rewardWarning(TrainerProcess trainer) throws Exception {
        return trainer.get("/v1/status").json().path("reward_warning");
    }

    private static String waitingFor(TrainerProcess trainer) throws Exception {
        return assertStatus(202, trainer.leaseNext(0)).path("waiting_for").asString();
    }

    @Test
    void aRunOfWhichEveryGroupFailsEndsWithTheCommonestCause(@TempDir Path folder) throws Exception {
        HttpServer engine = engineWithoutTokenize();
        WholeRun run = new WholeRun(Map.of("batch-groups", "4", "samples-per-group", "2"));
        try {
            run.producer(Map.of(
                    "dataset",
                    ProducerRun.dataSet(folder, "q", 200).toString(),
                    "reward-type",
                    "random",
                    "max-attempts",
                    "1"));
            TrainerProcess trainer = run.trainer(Map.of("max-consecutive-abandoned", "40"));
            run.worker(
                    "http://127.0.0.1:" + engine.getAddress().getPort(),
                    Map.of("request-attempts", "1", "slots", "16"));
            Await.until(
                    "the trainer is told what becomes of the groups",
                    () -> {
                        TrainerProcess.Answer answer = trainer.leaseNext(0);
                        return answer.status() == 409
                                || answer.json()
                                        .path("waiting_for")
                                        .asString("")
                                        .contains("more groups to finish; last abandoned: ");
                    },
                    LIMIT);
            JsonNode refused = assertStatus(409, trainer.leaseNext(30000));
            String error = refused.path("error").asString();
            assertTrue(error.contains("groups in a row were given up"), error);
            assertTrue(error.contains("max-consecutive-abandoned 40"), error);
            assertTrue(error.contains("/tokenize"), error);
            assertEquals(1, trainer.exitCode());
        } finally {
            run.close();
            engine.stop(0);
        }
    }
}
