package io.millrace.it;

import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.testing.Await;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.TrainerWiring;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A trainer consumer as its process runs it, with an HTTP client like a trainer's. */
final class TrainerProcess implements AutoCloseable {
    private static final long LIMIT_SECONDS = 60;
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(5);

    private final CompletableFuture<ProcessRunner> runner = new CompletableFuture<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private final HttpClient http = HttpClient.newHttpClient();
    /** Of the step leased last; empty before. */
    private volatile String token = "";
    /** The one that this trainer is in; negative before it has asked. */
    private volatile long lineage = -1;

    /** An answer of the server. */
    record Answer(int status, byte[] body) {
        JsonNode json() {
            return Json.MAPPER.readTree(body);
        }
    }

    TrainerProcess(TrainerSettings settings) throws Exception {
        Thread.ofPlatform().name("trainer-process").start(() -> {
            try {
                exitCode.complete(ProcessRunner.run("trainer", settings.stopTimeout(), (started, stops) -> {
                    runner.complete(started);
                    port.complete(TrainerWiring.start(settings, started, stops));
                }));
            } catch (Exception e) {
                port.completeExceptionally(e);
                exitCode.completeExceptionally(e);
            }
        });
        port.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        Await.until(
                "the run is taken, or the process has ended",
                () -> exitCode.isDone() || isReady(),
                Duration.ofSeconds(LIMIT_SECONDS));
    }

    /**
     * A process that is ending serves nothing any more; a connection that its listener took a moment before is left open,
     * since this JVM goes on, and answers nobody.
     */
    private boolean isReady() throws Exception {
        try {
            return send(request("/health/ready").timeout(PROBE_LIMIT).GET()).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    Answer get(String path, String accept) throws Exception {
        return send(request(path).header("Accept", accept).GET());
    }

    int port() {
        return port.join();
    }

    Answer get(String path) throws Exception {
        return get(path, "application/json");
    }

    Answer post(String path, String body) throws Exception {
        Answer answer = send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
        if (path.contains("/lease") && answer.status() == 200) {
            token = answer.json().path("lease").asString();
        }
        if ((path.equals("/v1/resume") || path.equals("/v1/policy")) && answer.status() == 200) {
            lineage = answer.json().path("lineage").longValue();
        }
        return answer;
    }

    /** Asks for a step in the lineage that this trainer is in: the run's when it began, or what it was answered since. */
    Answer lease(long step, long waitMs) throws Exception {
        return lease(Long.toString(step), waitMs);
    }

    /** The same for the step that is due. */
    Answer leaseNext(long waitMs) throws Exception {
        return lease("next", waitMs);
    }

    /** @param step a number or {@code next} */
    Answer lease(String step, long waitMs) throws Exception {
        if (lineage < 0) {
            Answer status = get("/v1/status");
            if (status.status() != 200) {
                return status;
            }
            lineage = status.json().path("lineage").longValue();
        }
        return post("/v1/steps/" + step + "/lease?lineage=" + lineage + "&wait_ms=" + waitMs, "");
    }

    Answer delete(String path) throws Exception {
        return send(request(path).header("Content-Type", "application/json").DELETE());
    }

    /** The token of the step leased last. */
    String token() {
        return token;
    }

    /** Where the batch of the step leased last is. */
    String batchPath() {
        return "/v1/steps/" + step() + "/batch?lease=" + token;
    }

    /** The batch of the step leased last. */
    Answer batch(String accept) throws Exception {
        return get(batchPath(), accept);
    }

    /** The batch of the step leased last, as JSON. */
    Answer batch() throws Exception {
        return batch("application/json");
    }

    /**
     * Acknowledges the step leased last.
     *
     * @param body a JSON object with what is said beside the lease; empty for nothing
     */
    Answer acknowledge(String body) throws Exception {
        ObjectNode form = body.isEmpty() ? Json.object() : (ObjectNode) Json.MAPPER.readTree(body);
        return post("/v1/steps/" + step() + "/ack", form.put("lease", token).toString());
    }

    private String step() {
        return token.split("-")[1];
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.join() + path))
                .timeout(Duration.ofSeconds(LIMIT_SECONDS));
    }

    private Answer send(HttpRequest.Builder request) throws Exception {
        HttpResponse<byte[]> response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), response.body());
    }

    /** Waits for the end of the process. */
    int exitCode() throws Exception {
        return exitCode.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Asks for a clean end and waits for it. */
    @Override
    public void close() {
        runner.join().requestStop();
        exitCode.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
        http.close();
    }
}
