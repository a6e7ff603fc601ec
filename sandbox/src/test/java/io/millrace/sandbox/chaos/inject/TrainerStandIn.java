package io.millrace.sandbox.chaos.inject;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.node.ObjectNode;

/** A little HTTP server in the place of the trainer consumer, for the tests. Its answers are made by its own threads. */
public final class TrainerStandIn implements AutoCloseable {
    /** Makes the answer to a call. */
    interface Answers {
        /** @return the status; below 0 where it was answered, or the connection is to end without */
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
                answer(call, status, Json.object().put("error", "as the test wants it"));
            }
            call.close();
        });
        server.start();
    }

    /** Answers with 200 and says that nothing is left to be answered. */
    static int answer(HttpExchange call, ObjectNode body) throws IOException {
        answer(call, 200, body);
        return -1;
    }

    private static void answer(HttpExchange call, int status, ObjectNode body) throws IOException {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(body);
        call.sendResponseHeaders(status, bytes.length);
        call.getResponseBody().write(bytes);
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
