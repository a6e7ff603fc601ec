package io.millrace.sandbox.chaos;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A little HTTP server in the place of the trainer consumer, for the tests. Its answers are made by its own threads. */
final class TrainerStandIn implements AutoCloseable {
    /** Makes the answer to a call. */
    interface Answers {
        /** @return the status; below 0 ends the connection without an answer */
        int to(HttpExchange call, String body) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    TrainerStandIn(Answers answers) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", call -> {
            String body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            int status = answers.to(call, body);
            if (status >= 0) {
                byte[] answer = Json.MAPPER.writeValueAsBytes(Json.object().put("error", "as the test wants it"));
                call.sendResponseHeaders(status, answer.length);
                call.getResponseBody().write(answer);
            }
            call.close();
        });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
