package io.millrace.worker.engine;

import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.worker.engine.EngineException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * SGLang's native HTTP dialect, as slime speaks it (slime/rollout/sglang_rollout.py): {@code POST /generate} with token
 * ids or text in, token ids and log-probabilities out, no streaming.
 *
 * <p>HTTP/1.1 is forced: engines speak nothing else well. The server closes idle connections after 5 s, so the process
 * sets {@code jdk.httpclient.keepalive.timeout} below that; otherwise a reused connection dies under a request.
 * {@code HttpRequest.timeout} ends at the headers in JDK 25, hence the deadline on the whole exchange here.
 */
public final class SglangClient implements EngineClient, AutoCloseable {
    /** Where engines tell their version, newest name first; the last is vLLM's. */
    private static final List<String> VERSION_PATHS =
            List.of("/get_weight_version", "/model_info", "/get_model_info", "/weight_info");

    private final HttpClient http;
    private final long answerBytesMax;

    /** @param answerBytesMax the largest answer read, bytes; a larger one is malformed */
    public SglangClient(Executor executor, Duration connectLimit, long answerBytesMax) {
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectLimit)
                .executor(executor)
                .build();
        this.answerBytesMax = answerBytesMax;
    }

    @Override
    public Generation generate(String address, GenerateRequest request, Duration limit)
            throws EngineException, InterruptedException {
        byte[] answer = post(address + "/generate", body(request), limit);
        try {
            return SglangAnswer.parse(answer);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new EngineException(
                    Kind.MALFORMED, address + " answered what is no generation: " + e.getMessage(), null, e);
        }
    }

    @Override
    public int[] tokenize(String address, String text, Duration limit) throws EngineException, InterruptedException {
        byte[] body =
                Json.MAPPER.writeValueAsBytes(Json.object().put("prompt", text).put("add_special_tokens", false));
        byte[] answer = post(address + "/tokenize", body, limit);
        try {
            JsonNode tokens = Json.MAPPER.readTree(answer).path("tokens");
            if (!tokens.isArray() || tokens.isEmpty()) {
                throw new EngineException(Kind.MALFORMED, address + " answered /tokenize without tokens");
            }
            int[] ids = new int[tokens.size()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = tokens.get(i).asInt();
            }
            return ids;
        } catch (JacksonException e) {
            throw new EngineException(
                    Kind.MALFORMED, address + " answered /tokenize with no JSON: " + e.getOriginalMessage(), null, e);
        }
    }

    @Override
    public void abort(String address, String rid, Duration limit) throws EngineException, InterruptedException {
        var _ = post(
                address + "/abort_request",
                Json.MAPPER.writeValueAsBytes(Json.object().put("rid", rid)),
                limit);
    }

    @Override
    public @Nullable String weightVersion(String address, Duration limit) throws EngineException, InterruptedException {
        for (String path : VERSION_PATHS) {
            HttpResponse<byte[]> response = exchange(
                    HttpRequest.newBuilder(URI.create(address + path)).GET().build(), limit);
            if (response.statusCode() == 200) {
                String version = version(address + path, response.body());
                if (version != null) {
                    return version;
                }
            } else {
                EngineException refusal = refusal(address + path, response);
                if (refusal.kind() != Kind.REFUSED) {
                    throw refusal;
                }
            }
        }
        return null;
    }

    private static @Nullable String version(String url, byte[] answer) throws EngineException {
        try {
            JsonNode version = Json.MAPPER.readTree(answer).path("weight_version");
            return version.isString() || version.isNumber() ? version.asString() : null;
        } catch (JacksonException e) {
            throw new EngineException(
                    Kind.MALFORMED, url + " answered with no JSON: " + e.getOriginalMessage(), null, e);
        }
    }

    static byte[] body(GenerateRequest request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringProperty("rid", request.rid());
            int[] inputIds = request.inputIds();
            if (inputIds != null) {
                json.writeName("input_ids");
                json.writeArray(inputIds, 0, inputIds.length);
            } else {
                json.writeStringProperty("text", request.text());
            }
            json.writeName("sampling_params");
            write(json, request.samplingParams());
            json.writeBooleanProperty("return_logprob", true);
            json.writeBooleanProperty("stream", false);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, SamplingParams params) {
        json.writeStartObject();
        // First, so that ours win where a reader takes the last of equal names.
        params.extra().properties().forEach(entry -> {
            json.writeName(entry.getKey());
            json.writePOJO(entry.getValue());
        });
        json.writeNumberProperty("temperature", params.temperature());
        json.writeNumberProperty("top_p", params.topP());
        json.writeNumberProperty("top_k", params.topK());
        json.writeNumberProperty("max_new_tokens", params.maxNewTokens());
        if (!params.stop().isEmpty()) {
            json.writePOJOProperty("stop", params.stop());
        }
        if (!params.stopTokenIds().isEmpty()) {
            json.writePOJOProperty("stop_token_ids", params.stopTokenIds());
        }
        json.writeBooleanProperty("skip_special_tokens", params.skipSpecialTokens());
        json.writeBooleanProperty("no_stop_trim", true);
        json.writeBooleanProperty("spaces_between_special_tokens", false);
        json.writeEndObject();
    }

    private byte[] post(String url, byte[] body, Duration limit) throws EngineException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<byte[]> response = exchange(request, limit);
        if (response.statusCode() == 200) {
            return response.body();
        }
        throw refusal(url, response);
    }

    /** One exchange, whatever its status; it ends within the limit. */
    private HttpResponse<byte[]> exchange(HttpRequest request, Duration limit)
            throws EngineException, InterruptedException {
        String url = request.uri().toString();
        CompletableFuture<HttpResponse<byte[]>> exchange = http.sendAsync(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), answerBytesMax));
        try {
            return exchange.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new EngineException(
                    Kind.TIMED_OUT, url + " has not answered within " + limit.toMillis() + " ms", null, e);
        } catch (ExecutionException e) {
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
        return new EngineException(kind, url + " answered " + status + ": " + shown, retryAfter(response), null);
    }

    /** The header's seconds form; its date form is not used by engines. */
    private static @Nullable Duration retryAfter(HttpResponse<?> response) {
        String header = response.headers().firstValue("Retry-After").orElse("").strip();
        return header.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(header)) : null;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
