package io.millrace.worker.engine.dialect;

import io.millrace.common.http.RetryAfter;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/**
 * JSON over HTTP as every engine speaks it: bounded exchanges, whose failures are {@link EngineException}s of the kind
 * that the status says. Thread-safe; calls block the calling (virtual) thread and end when interrupted.
 *
 * <p>HTTP/1.1 is forced: engines speak nothing else well. The server closes idle connections after 5 s, so the process
 * sets {@code jdk.httpclient.keepalive.timeout} below that; otherwise a reused connection dies under a request.
 * {@code HttpRequest.timeout} ends at the headers in JDK 25, hence the deadline on the whole exchange here.
 *
 * <p>The client's own thread does the reading itself: nothing that runs there waits, and a hand-over to another thread
 * costs more than the reading of an answer does.
 */
public final class EngineHttp implements AutoCloseable {
    private final HttpClient http;
    private final Ticker ticker;
    private final long answerBytesMax;

    /** @param answerBytesMax the largest answer read, bytes; a larger one is malformed */
    public EngineHttp(Ticker ticker, Duration connectLimit, long answerBytesMax) {
        this.ticker = ticker;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectLimit)
                .executor(Runnable::run)
                .build();
        this.answerBytesMax = answerBytesMax;
    }

    /** For a call of several exchanges, from now. */
    public TimeLimit limit(Duration limit) {
        return new TimeLimit(ticker, ticker.nanos() + limit.toNanos());
    }

    /**
     * The body of the answer, whose status is 200.
     *
     * @param limit of the whole exchange, body included
     */
    public byte[] post(String url, byte[] json, Duration limit) throws EngineException, InterruptedException {
        return post(url, json, Map.of(), limit);
    }

    /** As the other, with further headers. */
    public byte[] post(String url, byte[] json, Map<String, String> headers, Duration limit)
            throws EngineException, InterruptedException {
        HttpResponse<byte[]> response = posted(url, json, headers, limit);
        if (response.statusCode() == 200) {
            return response.body();
        }
        throw refusal(url, response);
    }

    /**
     * As {@link #post}, to a path that an engine may not have, or may have been started without.
     *
     * @return null where the path is unknown (404, 405) or closed (403)
     */
    public byte @Nullable [] postIfThere(String url, byte[] json, Duration limit)
            throws EngineException, InterruptedException {
        return postIfThere(url, json, Map.of(), limit);
    }

    /** As the other, with further headers. */
    public byte @Nullable [] postIfThere(String url, byte[] json, Map<String, String> headers, Duration limit)
            throws EngineException, InterruptedException {
        HttpResponse<byte[]> response = posted(url, json, headers, limit);
        return switch (response.statusCode()) {
            case 200 -> response.body();
            case 403, 404, 405 -> null;
            default -> throw refusal(url, response);
        };
    }

    private HttpResponse<byte[]> posted(String url, byte[] json, Map<String, String> headers, Duration limit)
            throws EngineException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(json));
        headers.forEach(request::header);
        return exchange(request.build(), limit);
    }

    /**
     * What stands at a path that not every version of an engine has.
     *
     * @param limit of the whole exchange, body included
     * @return the body of an answer of status 200; null when the engine refuses such a request
     */
    public byte @Nullable [] getIfThere(String url, Duration limit) throws EngineException, InterruptedException {
        HttpResponse<byte[]> response =
                exchange(HttpRequest.newBuilder(URI.create(url)).GET().build(), limit);
        if (response.statusCode() == 200) {
            return response.body();
        }
        EngineException refusal = refusal(url, response);
        if (refusal.kind() != Kind.REFUSED) {
            throw refusal;
        }
        return null;
    }

    /** The {@code tokens} of an answer to a {@code /tokenize}, which every engine has and words a little differently. */
    public int[] tokenIds(String url, byte[] json, Duration limit) throws EngineException, InterruptedException {
        return tokenIds(url, post(url, json, limit));
    }

    /** The same of an answer that is there. */
    public static int[] tokenIds(String url, byte[] answer) throws EngineException {
        try (JsonParser json = Json.MAPPER.createParser(answer)) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = json.currentName();
                    JsonToken value = json.nextToken();
                    if (name.equals("tokens") && value == JsonToken.START_ARRAY) {
                        return tokenIds(url, json);
                    }
                    json.skipChildren();
                }
            }
        } catch (JacksonException e) {
            throw noJson(url, e);
        }
        throw withoutTokens(url);
    }

    private static int[] tokenIds(String url, JsonParser json) throws EngineException {
        int[] ids = new int[256];
        int count = 0;
        while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
            ids = count == ids.length ? Arrays.copyOf(ids, count * 2) : ids;
            ids[count++] = json.getIntValue();
        }
        if (count == 0 || json.currentToken() != JsonToken.END_ARRAY) {
            throw withoutTokens(url);
        }
        return Arrays.copyOf(ids, count);
    }

    private static EngineException withoutTokens(String url) {
        return new EngineException(Kind.MALFORMED, url + " answered without tokens");
    }

    /** An answer that must be JSON. */
    public static JsonNode json(String url, byte[] answer) throws EngineException {
        try {
            return Json.MAPPER.readTree(answer);
        } catch (JacksonException e) {
            throw noJson(url, e);
        }
    }

    private static EngineException noJson(String url, JacksonException e) {
        return new EngineException(Kind.MALFORMED, url + " answered with no JSON: " + e.getOriginalMessage(), null, e);
    }

    /** One exchange, whatever its status; it ends within the limit. */
    private HttpResponse<byte[]> exchange(HttpRequest request, Duration limit)
            throws EngineException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        String url = request.uri().toString();
        CompletableFuture<HttpResponse<byte[]>> exchange = http.sendAsync(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), answerBytesMax));
        try {
            return exchange.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new EngineException(
                    Kind.TIMED_OUT, url + " has not answered within " + limit.toMillis() + " ms", null, e);
        } catch (ExecutionException e) {
            if (Thread.interrupted()) {
                // The caller sends by itself, and a channel in which an interrupted thread writes is closed.
                throw new InterruptedException();
            }
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof Error) {
                throw new IllegalStateException("the HTTP client failed unexpectedly", cause);
            }
            // The JDK has no type of its own for an answer above the limit, and throws what its parsers throw, such as
            // NumberFormatException, at headers that are none.
            boolean malformed = !(cause instanceof IOException)
                    || String.valueOf(cause.getMessage()).contains("exceeds capacity");
            throw new EngineException(malformed ? Kind.MALFORMED : Kind.UNREACHABLE, url + ": " + cause, null, cause);
        } finally {
            // Closes the connection of an exchange that was left early, so that the engine gives the request up.
            exchange.cancel(true);
        }
    }

    private static EngineException refusal(String url, HttpResponse<byte[]> response) {
        int status = response.statusCode();
        Kind kind = switch (status) {
            case 429, 503 -> Kind.OVERLOADED;
            case 408 -> Kind.FAILED;
            default -> status >= 400 && status < 500 ? Kind.REFUSED : Kind.FAILED;
        };
        String text = new String(response.body(), StandardCharsets.UTF_8).strip();
        String shown = text.length() > 300 ? text.substring(0, 300) + "..." : text;
        return new EngineException(kind, url + " answered " + status + ": " + shown, RetryAfter.of(response), null);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
