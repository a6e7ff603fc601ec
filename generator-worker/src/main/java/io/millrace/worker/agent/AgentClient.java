package io.millrace.worker.agent;

import io.millrace.common.http.RetryAfter;
import io.millrace.worker.agent.AgentException.Kind;
import io.millrace.worker.engine.dialect.EngineException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Posts tasks to an agent server. Thread-safe; calls block the calling (virtual) thread and end when interrupted. */
final class AgentClient implements AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
    private static final int SHOWN_LENGTH_MAX = 300;

    private final URI url;
    private final long answerBytesMax;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http;

    /** @param answerBytesMax the largest answer read; a larger one is garbage */
    AgentClient(URI url, long answerBytesMax) {
        this.url = url;
        this.answerBytesMax = answerBytesMax;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_LIMIT)
                .executor(threads)
                .build();
    }

    /**
     * The body of the answer, whose status is 2xx. The connection is closed when the call ends otherwise, so that the agent
     * may notice.
     *
     * @param failure when it comes, nobody waits for the answer any more
     * @param limit of the whole exchange, body included
     * @throws EngineException that failure
     */
    byte[] post(byte[] task, CompletableFuture<EngineException> failure, Duration limit)
            throws AgentException, EngineException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(task))
                .build();
        CompletableFuture<HttpResponse<byte[]>> exchange = http.sendAsync(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), answerBytesMax));
        try {
            Object first = CompletableFuture.anyOf(exchange, failure).get(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (first instanceof EngineException e) {
                throw e;
            }
            return answer(exchange.get());
        } catch (TimeoutException e) {
            throw new AgentException(Kind.TIMED_OUT, url + " has not answered within " + limit.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw broken(e.getCause() == null ? e : e.getCause());
        } finally {
            exchange.cancel(true);
        }
    }

    private AgentException broken(Throwable cause) {
        if (cause instanceof Error) {
            throw new IllegalStateException("the HTTP client failed unexpectedly", cause);
        }
        String message = String.valueOf(cause.getMessage());
        if (message.contains("exceeds capacity")) {
            return new AgentException(
                    Kind.GARBAGE, url + " answered with more than " + answerBytesMax + " bytes (--agent-body-max)");
        }
        return new AgentException(cause instanceof IOException ? Kind.UNREACHABLE : Kind.GARBAGE, url + ": " + cause);
    }

    private byte[] answer(HttpResponse<byte[]> response) throws AgentException {
        int status = response.statusCode();
        if (status / 100 == 2) {
            return response.body();
        }
        Kind kind = switch (status) {
            case 429, 503 -> Kind.OVERLOADED;
            case 408 -> Kind.FAILED;
            default -> status >= 400 && status < 500 ? Kind.REFUSED : Kind.FAILED;
        };
        String text = new String(response.body(), StandardCharsets.UTF_8).strip();
        String shown = text.length() > SHOWN_LENGTH_MAX ? text.substring(0, SHOWN_LENGTH_MAX) + "..." : text;
        throw new AgentException(kind, url + " answered " + status + ": " + shown, RetryAfter.of(response));
    }

    @Override
    public void close() {
        http.shutdownNow();
        threads.shutdownNow();
    }
}
