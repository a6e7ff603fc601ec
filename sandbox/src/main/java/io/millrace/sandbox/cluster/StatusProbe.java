package io.millrace.sandbox.cluster;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Asks our processes over HTTP. Thread-safe. */
public final class StatusProbe {
    private static final Duration LIMIT = Duration.ofSeconds(3);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build();

    /** The answer's status; 0 when there was none. */
    public int status(String url) throws InterruptedException {
        return send(url).map(HttpResponse::statusCode).orElse(0);
    }

    /** Posts JSON; the answer's status, 0 when there was none. */
    public int post(String url, ObjectNode body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(body)));
        return send(request).map(HttpResponse::statusCode).orElse(0);
    }

    /** The JSON object; empty when the process does not answer with one now, which the screen survives. */
    public Optional<JsonNode> json(String url) throws InterruptedException {
        return send(url).flatMap(response -> {
            try {
                return Optional.of(Json.MAPPER.readTree(response.body())).filter(JsonNode::isObject);
            } catch (JacksonException e) {
                return Optional.empty();
            }
        });
    }

    private Optional<HttpResponse<byte[]>> send(String url) throws InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url)));
    }

    private Optional<HttpResponse<byte[]>> send(HttpRequest.Builder request) throws InterruptedException {
        try {
            return Optional.of(http.send(request.timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
