package io.millrace.worker.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** An agent server of a few lines. */
final class TestingAgent implements AutoCloseable {
    /** What it does with a task; the answer's body. */
    @FunctionalInterface
    interface Work {
        String answer(Task task) throws Exception;
    }

    /** What a task says, and what is asked through it. */
    record Task(JsonNode json, HttpClient http) {
        ObjectNode chat(ArrayNode messages) {
            ObjectNode body = Json.object().put("model", json.path("model").stringValue());
            body.set("messages", messages);
            return body;
        }

        ArrayNode messages() {
            return (ArrayNode) json.path("messages").deepCopy();
        }

        HttpResponse<String> post(String path, String body, String... headers) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create(json.path("base_url").stringValue() + path))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
            if (headers.length > 0) {
                request.headers(headers);
            }
            request.setHeader("Authorization", "Bearer " + json.path("api_key").stringValue());
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }

        JsonNode complete(ArrayNode messages) throws Exception {
            return complete(chat(messages));
        }

        /** Adds the answer to the messages. */
        JsonNode complete(ObjectNode chat) throws Exception {
            HttpResponse<String> response = post("/chat/completions", chat.toString());
            if (response.statusCode() != 200) {
                throw new IOException(response.statusCode() + " " + response.body());
            }
            JsonNode answer = Json.MAPPER.readTree(response.body());
            ((ArrayNode) chat.path("messages"))
                    .add(answer.path("choices").path(0).path("message"));
            return answer;
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http = HttpClient.newHttpClient();
    /** Every task that came. */
    final List<Task> tasks = new CopyOnWriteArrayList<>();

    /** @param port 0 for any */
    TestingAgent(int port, Work work) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            Task task = new Task(Json.MAPPER.readTree(exchange.getRequestBody()), http);
            tasks.add(task);
            try (exchange) {
                send(exchange, work, task);
            }
        });
        server.start();
    }

    /** It answers with this status. */
    static final class Refused extends RuntimeException {
        final int status;

        Refused(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    private static void send(HttpExchange exchange, Work work, Task task) throws IOException {
        String answer;
        try {
            answer = work.answer(task);
        } catch (Refused e) {
            send(exchange, e.status, String.valueOf(e.getMessage()));
            return;
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
        send(exchange, 200, answer);
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        http.shutdownNow();
    }
}
