package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.testing.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Real processes, killed and stopped as an operator does it. */
class ProcessesOnOneMachineTest {
    private static final Path DATASET = Path.of("data/math-problems.jsonl").toAbsolutePath();
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(40);
    private static final Duration DEMO_LIMIT = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<MillraceProcess> processes = new ArrayList<>();

    /** Of one scrape, comments counted in: what somebody can still read. */
    private static final int METRIC_LINES_MAX = 300;

    @AfterEach
    void endAll() throws Exception {
        for (MillraceProcess process : processes) {
            process.end();
        }
        http.close();
    }

    private MillraceProcess start(String... arguments) throws IOException {
        MillraceProcess process = MillraceProcess.start(folder, arguments);
        processes.add(process);
        return process;
    }

    private HttpResponse<byte[]> send(String method, String url, String accept, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(START_LIMIT)
                .header("Accept", accept)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private byte[] get(String url, String accept) throws Exception {
        HttpResponse<byte[]> response = send("GET", url, accept, "");
        assertEquals(200, response.statusCode(), () -> new String(response.body(), StandardCharsets.UTF_8));
        return response.body();
    }

    private void awaitServing(MillraceProcess process, String url) throws Exception {
        Await.until(
                url + " to answer",
                () -> {
                    assertTrue(process.alive(), process::printed);
                    try {
                        return send("GET", url, "*/*", "").statusCode() == 200;
                    } catch (IOException e) {
                        return false;
                    }
                },
                START_LIMIT);
    }

    private JsonNode lease(String trainerUrl) throws Exception {
        List<JsonNode> leases = new ArrayList<>();
        Await.until(
                "a step to lease",
                () -> {
                    HttpResponse<byte[]> response = send(
                            "POST",
                            trainerUrl + "/v1/steps/next/lease?lineage=0&wait_ms=10000",
                            "application/json",
                            "");
                    JsonNode json = Json.MAPPER.readTree(response.body());
                    assertTrue(response.statusCode() == 200 || response.statusCode() == 202, json::toString);
                    if (response.statusCode() == 200) {
                        leases.add(json);
                    }
                    return !leases.isEmpty();
                },
                START_LIMIT);
        return leases.getFirst();
    }

    private static List<Long> indices(JsonNode lease) {
        List<Long> indices = new ArrayList<>();
        lease.path("group_indices").forEach(index -> indices.add(index.longValue()));
        return indices;
    }

    private MillraceProcess trainer(String run, int port) throws Exception {
        MillraceProcess trainer = start(
                "trainer",
                "--run",
                run,
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--batch-groups",
                "4",
                "--samples-per-group",
                "2",
                "--trainer-port",
                "" + port);
        awaitServing(trainer, "http://127.0.0.1:" + port + "/v1/status");
        return trainer;
    }

    private void assertFewMetrics(String url) throws Exception {
        List<String> metrics = new String(get(url + "/metrics", "*/*"), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertTrue(metrics.stream().anyMatch(line -> line.startsWith("millrace_")), metrics::toString);
        assertTrue(
                metrics.size() <= METRIC_LINES_MAX,
                () -> url + " has " + metrics.size() + " lines: " + String.join("\n", metrics));
    }

    @Test
    void aKilledTrainerServesTheSameStepAgain() throws Exception {
        String run = KafkaCluster.uniqueRun().value();
        int port = MillraceProcess.freePorts(4);
        String engineUrl = "http://127.0.0.1:" + port;
        String trainerUrl = "http://127.0.0.1:" + (port + 1);
        String workerUrl = "http://127.0.0.1:" + (port + 2);
        String producerUrl = "http://127.0.0.1:" + (port + 3);
        MillraceProcess engine =
                start("engine", "--engine-port", "" + port, "--answers", "" + DATASET, "--mean-group-time", "100ms");
        MillraceProcess producer = start(
                "producer",
                "--run",
                run,
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--dataset",
                "" + DATASET,
                "--batch-groups",
                "4",
                "--samples-per-group",
                "2",
                "--max-new-tokens",
                "1024",
                "--reward-type",
                "dapo",
                "--ops-port",
                "" + (port + 3));
        MillraceProcess worker = start(
                "worker",
                "--run",
                run,
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--engine-url",
                engineUrl,
                "--slots",
                "8",
                "--ops-port",
                "" + (port + 2));
        MillraceProcess killed = trainer(run, port + 1);

        JsonNode lease = lease(trainerUrl);
        assertEquals(4, indices(lease).size());
        String batch = trainerUrl + lease.path("batch").stringValue();
        byte[] json = get(batch, "application/json");
        byte[] blob = get(batch, "application/vnd.safetensors");
        killed.kill();
        MillraceProcess trainer = trainer(run, port + 1);

        assertEquals(lease, lease(trainerUrl));
        assertArrayEquals(json, get(batch, "application/json"));
        assertArrayEquals(blob, get(batch, "application/vnd.safetensors"));
        HttpResponse<byte[]> acknowledged = send(
                "POST",
                trainerUrl + "/v1/steps/" + lease.path("step").longValue() + "/ack",
                "application/json",
                "{\"lease\": " + lease.path("lease") + ", \"weight_version\": 1}");
        assertEquals(200, acknowledged.statusCode(), () -> new String(acknowledged.body(), StandardCharsets.UTF_8));
        JsonNode next = lease(trainerUrl);
        assertEquals(lease.path("step").longValue() + 1, next.path("step").longValue());
        assertEquals(4, indices(next).size());
        assertTrue(Collections.disjoint(indices(lease), indices(next)), () -> lease + " and " + next);

        for (String url : List.of(producerUrl, workerUrl, trainerUrl)) {
            assertFewMetrics(url);
        }

        List<MillraceProcess> all = List.of(producer, worker, trainer, engine);
        all.subList(0, 3).forEach(MillraceProcess::terminate);
        for (MillraceProcess process : all.subList(0, 3)) {
            assertEquals(0, process.exitCode(STOP_LIMIT), process::printed);
        }
        // The worker needs it to finish what it claimed.
        engine.terminate();
        assertEquals(0, engine.exitCode(STOP_LIMIT), engine::printed);
    }

    /** With ports and folders of its own. */
    private MillraceProcess demo(String... more) throws Exception {
        int port = MillraceProcess.freePorts(6);
        List<String> arguments = new ArrayList<>(List.of(
                "demo",
                "--plain",
                "--dataset",
                "" + DATASET,
                "--kafka-port",
                "" + port,
                "--engine-port",
                "" + (port + 1),
                "--trainer-port",
                "" + (port + 2),
                "--ops-port",
                "" + (port + 3),
                "--data-dir",
                "" + folder.resolve("demo"),
                "--report",
                "" + folder.resolve("report.json")));
        arguments.addAll(List.of(more));
        return start(arguments.toArray(String[]::new));
    }

    private JsonNode demoReport() throws Exception {
        return Json.MAPPER.readTree(Files.readAllBytes(folder.resolve("report.json")));
    }

    @Test
    void theDemoRunsToItsEnd() throws Exception {
        MillraceProcess demo = demo(
                "--steps",
                "3",
                "--workers",
                "2",
                "--slots",
                "8",
                "--batch-groups",
                "8",
                "--samples-per-group",
                "2",
                "--mean-group-time",
                "200ms",
                "--train-time",
                "100ms",
                "--warm-up",
                "100ms");
        assertEquals(0, demo.exitCode(DEMO_LIMIT), demo::printed);

        JsonNode json = demoReport();
        assertEquals(3, json.path("steps").longValue());
        assertEquals(24, json.path("groups_trained").longValue());
        assertTrue(json.path("batches_sorted").booleanValue(), json::toString);
        assertTrue(json.path("batches_whole").booleanValue(), json::toString);
        assertEquals(0, json.path("batch_problems").size(), json::toString);
        assertEquals(0, json.path("duplicates_trained").longValue());
        assertEquals(0, json.path("engine_duplicates").longValue());
        assertEquals(
                json.path("groups_published").longValue(),
                json.path("groups_trained").longValue()
                        + json.path("groups_discarded").longValue()
                        + json.path("groups_abandoned").longValue()
                        + json.path("in_flight_at_end").longValue(),
                json::toString);
        assertEquals(3, json.path("step_wait_seconds").size());
        assertEquals(3, json.path("reward_mean").size());
        json.path("reward_mean")
                .forEach(mean -> assertTrue(mean.doubleValue() >= -1 && mean.doubleValue() <= 1, json::toString));
        assertEquals(2, json.path("groups_per_worker").size(), json::toString);
        long finished = 0;
        for (JsonNode groups : json.path("groups_per_worker")) {
            finished += groups.longValue();
        }
        assertTrue(finished >= 24 && finished <= json.path("groups_published").longValue(), json::toString);
        assertTrue(json.path("engine_requests").longValue() >= 2 * finished, json::toString);
        double occupancy = json.path("slot_occupancy").doubleValue();
        assertTrue(occupancy >= 0 && occupancy <= 1, json::toString);
        assertEquals(8, json.path("workload").path("batch_groups").longValue());
        assertTrue(demo.printed().contains("24 trained"), demo::printed);
    }

    @Test
    void theLearningDemoLearnsAndEveryTokensVersionIsTheEngines() throws Exception {
        MillraceProcess demo = demo(
                "--learn",
                "--steps",
                "20",
                "--workers",
                "1",
                "--batch-groups",
                "16",
                "--mean-group-time",
                "200ms",
                "--filler-median",
                "40",
                "--train-time",
                "50ms");
        assertEquals(0, demo.exitCode(DEMO_LIMIT), demo::printed);

        JsonNode json = demoReport();
        assertEquals(20, json.path("weight_updates").longValue());
        // Differences between a sample's version spans and the engine's ledger would stand here.
        assertEquals(0, json.path("batch_problems").size(), json::toString);
        double[] rewards = Json.MAPPER.convertValue(json.path("reward_mean"), double[].class);
        double first = Arrays.stream(rewards).limit(3).average().orElseThrow();
        double last = Arrays.stream(rewards).skip(17).average().orElseThrow();
        // One of eight candidates is right, and rewards are 1 and -1.
        assertTrue(first < 0.3 && last > first + 0.4, json.path("reward_mean")::toString);
    }

    @Test
    void badUsageIsOneLineThatNamesTheFlagAndItsRange() throws Exception {
        MillraceProcess worker = start("worker", "--run", "x", "--slots", "0");
        assertEquals(2, worker.exitCode(START_LIMIT), worker::printed);
        List<String> lines = worker.printed().lines().toList();
        assertEquals(1, lines.size(), worker::printed);
        assertTrue(lines.getFirst().contains("--slots must be 1 to 65536 samples, was '0'"), worker::printed);
    }
}
