package io.millrace.sandbox.engine;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/** A plain HTTP/1.1 client, as far from the server's code as the JDK is. */
final class EngineClient implements AutoCloseable {
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;

    EngineClient(EngineServer server) {
        this.url = server.url();
    }

    /** A status and a body. */
    record Answer(int status, String body) {
        JsonNode json() {
            return Json.MAPPER.readTree(body);
        }

        JsonNode meta() {
            return json().path("meta_info");
        }
    }

    Answer get(String path) throws IOException, InterruptedException {
        return answer(client.send(request(path).build(), HttpResponse.BodyHandlers.ofString()));
    }

    Answer send(String method, String path, String body) throws IOException, InterruptedException {
        return answer(client.send(withBody(method, path, body), HttpResponse.BodyHandlers.ofString()));
    }

    Answer post(String path, String body) throws IOException, InterruptedException {
        return send("POST", path, body);
    }

    CompletableFuture<Answer> postLater(String path, String body) {
        return client.sendAsync(withBody("POST", path, body), HttpResponse.BodyHandlers.ofString())
                .thenApply(EngineClient::answer);
    }

    private HttpRequest withBody(String method, String path, String body) {
        return request(path)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(30));
    }

    private static Answer answer(HttpResponse<String> response) {
        return new Answer(response.statusCode(), response.body());
    }

    @Override
    public void close() {
        client.close();
    }
}
