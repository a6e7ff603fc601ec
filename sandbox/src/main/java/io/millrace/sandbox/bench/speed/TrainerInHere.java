package io.millrace.sandbox.bench.speed;

import io.millrace.common.json.Json;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.trainer.TrainerSettings;
import io.millrace.trainer.TrainerWiring;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A trainer consumer as its process runs it, in this JVM, which is warm, and a trainer's HTTP client. One thread. */
final class TrainerInHere implements Closeable {
    private static final long LIMIT_SECONDS = 60;

    private final CompletableFuture<ProcessRunner> runner = new CompletableFuture<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private final HttpClient http = HttpClient.newHttpClient();

    TrainerInHere(TrainerSettings settings) throws Exception {
        Thread.ofPlatform().name("bench-trainer").start(() -> {
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
    }

    String url() {
        return "http://127.0.0.1:" + port.join();
    }

    /** Groups that have finished and wait; 0 while the run is not taken. */
    int finished() throws Exception {
        HttpResponse<byte[]> answer = send(request("/v1/status").GET());
        return answer.statusCode() == 200
                ? Json.MAPPER.readTree(answer.body()).path("finished").intValue()
                : 0;
    }

    /** The step that is due, once it is full; null when it is not within the wait. */
    JsonNode lease(int waitMs) throws Exception {
        HttpResponse<byte[]> answer = send(post("/v1/steps/next/lease?lineage=0&wait_ms=" + waitMs, Json.object()));
        if (answer.statusCode() != 200) {
            throw new IOException("lease: " + answer.statusCode() + " " + text(answer));
        }
        return Json.MAPPER.readTree(answer.body());
    }

    /** Each step makes the next weight version. */
    void acknowledge(JsonNode lease) throws Exception {
        ObjectNode body = Json.object()
                .put("lease", lease.path("lease").stringValue())
                .put("weight_version", lease.path("step").longValue() + 1);
        HttpResponse<byte[]> answer =
                send(post("/v1/steps/" + lease.path("step").longValue() + "/ack", body));
        if (answer.statusCode() != 200) {
            throw new IOException("acknowledgement: " + answer.statusCode() + " " + text(answer));
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url() + path));
    }

    private HttpRequest.Builder post(String path, ObjectNode body) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(body)));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        runner.join().requestStop();
        int code = exitCode.orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
        http.close();
        if (code != 0) {
            throw new IOException("the trainer consumer ended with " + code);
        }
    }
}
