package io.millrace.sandbox.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.millrace.common.http.lock.KeySettings;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class SimulatedTrainerTest {
    @TempDir
    Path folder;

    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private HttpServer server;
    private long leases;
    private int troubles;
    private boolean refuseAcknowledgements;
    /** Leases give the same step each time, and its batch is not to be had. */
    private boolean unreadable;

    /** Gives steps of two groups of two; answers the first lease with "not yet". */
    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String path = exchange.getRequestURI().getPath();
            String query = exchange.getRequestURI().getQuery();
            calls.add(exchange.getRequestMethod() + " " + path + (query == null ? "" : "?" + query) + " " + body);
            int status = 200;
            ObjectNode answer = Json.object();
            long step = Math.max(0L, leases - 1);
            TrainerClient.Lease lease = Batches.lease(step, 2 * step, 2 * step + 1);
            if (troubles > 0) {
                troubles--;
                status = 503;
            } else if (path.endsWith("/lease")) {
                if (leases == 0
                        && calls.stream()
                                        .filter(call -> call.contains("/lease"))
                                        .count()
                                == 1) {
                    status = 202;
                } else {
                    leases = unreadable ? 1 : leases + 1;
                    step = leases - 1;
                    lease = Batches.lease(step, 2 * step, 2 * step + 1);
                    answer.put("lineage", 0)
                            .put("step", step)
                            .put("weight_version", step)
                            .put("lease", lease.token());
                    answer.put("leased_at_ms", 5);
                    answer.putArray("group_indices").add(2 * step).add(2 * step + 1);
                }
            } else if (path.equals("/v1/status")) {
                answer.put("lineage", 0).put("next_step", step);
            } else if (path.equals("/v1/policy")) {
                answer.put("lineage", 0).put("weight_version", step).put("state", "ready");
            } else if (path.endsWith("/ack") && refuseAcknowledgements) {
                status = 409;
            } else if (path.endsWith("/batch") && unreadable) {
                status = 409;
            } else if (path.endsWith("/batch")) {
                answer = Batches.batch(lease, 2);
            }
            byte[] bytes = Json.MAPPER.writeValueAsBytes(answer);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private SimulatedTrainer trainer(int batchGroups, int stepsPerVersion, Runnable onFinished) throws IOException {
        SimulatedTrainerSettings settings = new SimulatedTrainerSettings(
                new SimulatedTrainerSettings.Step(batchGroups, 2, Duration.ZERO),
                url(),
                new KeySettings(null, null, null),
                2,
                List.of(url()),
                stepsPerVersion,
                false,
                false,
                0,
                SimulatedTrainerSettings.ResumeMode.REPLAY,
                false,
                false,
                folder.resolve("weights"),
                20,
                0.2,
                folder.resolve("report.json"),
                folder.resolve("journal.jsonl"),
                Duration.ofSeconds(20));
        TrainerClient client = new TrainerClient(url(), settings.key(), settings.retryLimit(), Ticker.system());
        TrainerJournal journal = TrainerJournal.open(settings.journalFile(), () -> 77);
        return new SimulatedTrainer(settings, client, journal, Ticker.system(), () -> 77, null, onFinished);
    }

    @Test
    void enginesHaveTheNewVersionBeforeTheStepIsAcknowledged() throws Exception {
        trainer(2, 1, () -> {}).runOnce();
        assertEquals(
                List.of(
                        "GET /v1/status ",
                        "POST /v1/steps/next/lease?lineage=0&wait_ms=10000 ",
                        "GET /v1/policy ",
                        "POST /v1/steps/next/lease?lineage=0&wait_ms=10000 ",
                        "GET /v1/steps/0/batch?lease=0-0-00000000000000aa ",
                        "POST /update_weight_version {\"new_version\":\"1\",\"abort_all_requests\":false}",
                        "POST /v1/steps/0/ack {\"lease\":\"0-0-00000000000000aa\",\"weight_version\":1}"),
                calls);
    }

    @Test
    void aStepInsideAVersionAnnouncesNone() throws Exception {
        trainer(2, 2, () -> {}).runOnce();
        assertEquals("POST /v1/steps/0/ack {\"lease\":\"0-0-00000000000000aa\"}", calls.getLast());
        assertTrue(calls.stream().noneMatch(call -> call.contains("update_weight_version")));
    }

    @Test
    void theReportStandsAfterEachStep() throws Exception {
        SimulatedTrainer trainer = trainer(2, 1, () -> {});
        trainer.runOnce();
        TrainerReport first = TrainerReport.read(folder.resolve("report.json")).orElseThrow();
        assertEquals(1, first.steps().size());
        trainer.runOnce();
        TrainerReport second = TrainerReport.read(folder.resolve("report.json")).orElseThrow();
        assertEquals(trainer.report(), second);
        assertEquals(List.of(2L, 3L), second.steps().getLast().batch().groupIndices());
        assertEquals(0, second.failedSteps());
        JsonNode step = Json.MAPPER
                .readTree(Files.readAllBytes(folder.resolve("report.json")))
                .path("steps")
                .path(1);
        assertEquals(
                Set.of(
                        "lineage",
                        "step",
                        "weight_version",
                        "new_weight_version",
                        "wait_seconds",
                        "leased_at_ms",
                        "acknowledged_at_ms",
                        "group_indices",
                        "samples",
                        "reward_mean",
                        "response_tokens",
                        "age_versions_max",
                        "sorted",
                        "whole",
                        "duplicates",
                        "problems"),
                Set.copyOf(step.propertyNames()));
        assertEquals(0.5, second.steps().getLast().batch().rewardMean());
    }

    @Test
    void aBadBatchIsRecordedAndCountsAsFailed() throws Exception {
        SimulatedTrainer trainer = trainer(3, 1, () -> {});
        trainer.runOnce();
        assertEquals(1, trainer.failedSteps());
        assertEquals(
                List.of("the batch has 2 groups, not 3"),
                trainer.report().steps().getFirst().batch().problems());
    }

    @Test
    void aStepThatStaysUnreadableIsMadeAnew() throws Exception {
        unreadable = true;
        SimulatedTrainer trainer = trainer(2, 1, () -> {});
        trainer.runOnce();
        assertTrue(calls.stream().noneMatch(call -> call.contains("/resume")), calls.toString());
        trainer.runOnce();
        assertEquals(
                List.of("POST /v1/resume {\"step\":0,\"mode\":\"fresh\",\"lineage\":1}"),
                calls.stream().filter(call -> call.contains("/resume")).toList());
    }

    @Test
    void aServerThatIsNotReadyIsAskedAgain() throws Exception {
        troubles = 1;
        trainer(2, 1, () -> {}).runOnce();
        assertTrue(calls.getLast().startsWith("POST /v1/steps/0/ack"), calls.toString());
    }

    @Test
    void nothingListeningIsNamedWhenTheLimitIsReached() throws Exception {
        String url = url();
        server.stop(0);
        TrainerClient client = new TrainerClient(url, new KeySettings(null, null, null), Duration.ZERO, new Ticker() {
            private long nanos;

            @Override
            public long nanos() {
                return nanos++;
            }
        });
        var error = assertThrows(TrainerClient.TrainerCallException.class, () -> client.lease(0));
        assertTrue(error.getMessage().contains("cannot lease a step at " + url), error.getMessage());
        assertTrue(error.getMessage().contains("--retry-limit"), error.getMessage());
    }

    @Test
    void timeInWhichItStoodStillIsNoTimeOfTrying() throws Exception {
        troubles = 1;
        Iterator<Long> minutes = List.of(0L, 5L).iterator();
        Ticker pausedOnce = () -> TimeUnit.MINUTES.toNanos(minutes.hasNext() ? minutes.next() : 5);
        TrainerClient client =
                new TrainerClient(url(), new KeySettings(null, null, null), Duration.ofSeconds(20), pausedOnce);
        assertEquals(new TrainerClient.Standing(0, 0), client.standing());
    }

    @Test
    void theWantedStepsDoneItFinishesAndWaitsToBeStopped() throws Exception {
        CountDownLatch finished = new CountDownLatch(1);
        SimulatedTrainer trainer = trainer(2, 1, finished::countDown);
        trainer.runOnce();
        trainer.runOnce();
        Thread loop = Thread.startVirtualThread(() -> {
            try {
                trainer.runOnce();
            } catch (Exception e) {
                calls.add(e.toString());
            }
        });
        assertTrue(finished.await(10, TimeUnit.SECONDS));
        trainer.wakeup();
        assertTrue(loop.join(Duration.ofSeconds(10)));
        assertTrue(calls.getLast().startsWith("POST /v1/steps/1/ack"), calls.toString());
    }

    private List<JsonNode> journal() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("journal.jsonl"))) {
            if (!line.isEmpty()) {
                lines.add(Json.MAPPER.readTree(line));
            }
        }
        return lines;
    }

    @Test
    void theJournalHasWhatWasReceivedAndAcknowledgedByEveryTrainer() throws Exception {
        trainer(2, 1, () -> {}).runOnce();
        // A trainer that was killed has left half a line.
        Files.writeString(folder.resolve("journal.jsonl"), "{\"type\":\"recei", StandardOpenOption.APPEND);
        trainer(2, 1, () -> {}).runOnce();
        List<String> lines = Files.readAllLines(folder.resolve("journal.jsonl"));
        lines.removeIf(line -> line.isEmpty() || line.equals("{\"type\":\"recei"));
        assertEquals(8, lines.size());
        JsonNode received = Json.MAPPER.readTree(lines.getFirst());
        assertEquals("received", received.path("type").stringValue());
        assertEquals(2, received.path("groups").size());
        assertEquals(1, received.path("groups").path(1).path("index").longValue());
        assertEquals(2, received.path("groups").path(1).path("samples").intValue());
        assertEquals(
                64, received.path("groups").path(1).path("digest").stringValue().length());
        assertEquals(
                List.of(
                        "received",
                        "announcing",
                        "acknowledging",
                        "acknowledged",
                        "received",
                        "announcing",
                        "acknowledging",
                        "acknowledged"),
                lines.stream()
                        .map(line -> Json.MAPPER.readTree(line).path("type").stringValue())
                        .toList());
    }

    @Test
    void anAcknowledgementThatIsRefusedIsSeenInTheJournalAndTrainingGoesOn() throws Exception {
        SimulatedTrainer trainer = trainer(2, 1, () -> {});
        refuseAcknowledgements = true;
        trainer.runOnce();
        assertEquals("refused", journal().getLast().path("type").stringValue());
        refuseAcknowledgements = false;
        trainer.runOnce();
        assertEquals("acknowledged", journal().getLast().path("type").stringValue());
    }
}
