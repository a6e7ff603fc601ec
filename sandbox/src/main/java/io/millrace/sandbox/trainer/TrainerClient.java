package io.millrace.sandbox.trainer;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.millrace.common.http.lock.KeySettings;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.common.wire.RolloutBatchCodec;
import io.millrace.sandbox.engine.ledger.LedgerLine;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The HTTP side: the trainer consumer's calls and the engines'. A server that is out of reach or answers 5xx is tried
 * again until the limit, since every call is idempotent; any other answer than the expected is an error. The limit is
 * time spent trying: what this process stood still does not count. Used by one thread, which may be interrupted at any
 * time.
 */
final class TrainerClient {
    /**
     * A step as the trainer consumer hands it over.
     *
     * @param token what the batch is fetched and acknowledged by
     * @param weightVersion the version at hand-over
     * @param groupIndices as listed, in its order
     */
    record Lease(
            long lineage,
            long step,
            @JsonProperty("lease") String token,
            long weightVersion,
            long leasedAtMs,
            List<Long> groupIndices) {
        Lease {
            groupIndices = List.copyOf(groupIndices);
        }
    }

    /**
     * Where the run is.
     *
     * @param nextStep to be acknowledged
     */
    record Standing(long lineage, long nextStep) {}

    /**
     * What the run's weights are at.
     *
     * @param weightVersion as the trainer calls it
     */
    record Weights(long lineage, long weightVersion, String state) {
        /** Whether the engines have yet to be given the version: a resumption begins so, and so does an update cut short. */
        boolean areUpdating() {
            return state.equals("updating");
        }
    }

    private static final Logger log = LoggerFactory.getLogger(TrainerClient.class);
    private static final Duration POLL = Duration.ofSeconds(10);
    private static final Duration EXCHANGE_LIMIT = Duration.ofSeconds(60);

    /** A try ends before this, so in one that took longer this process stood still, as in a paused container. */
    private static final long TRY_NANOS_MAX = EXCHANGE_LIMIT.plusSeconds(10).toNanos();

    private static final long RETRY_FIRST_MS = 100;
    private static final long RETRY_MAX_MS = 2_000;

    private final HttpClient http;
    private final String trainerUrl;
    private final KeySettings key;
    private final Duration retryLimit;
    private final Ticker ticker;

    /** @param key for the trainer consumer; engines are not shown it */
    TrainerClient(String trainerUrl, KeySettings key, Duration retryLimit, Ticker ticker) {
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5));
        this.http = trainerUrl.startsWith("https:")
                ? builder.sslContext(key.trust()).build()
                : builder.build();
        this.key = key;
        this.trainerUrl = stripSlash(trainerUrl) + "/v1";
        this.retryLimit = retryLimit;
        this.ticker = ticker;
    }

    /** A server that did not answer in time, or answered what the contract does not know. */
    static class TrainerCallException extends Exception {
        TrainerCallException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** Refused with how the run stands: the lease is open no more, or what is asked for is not possible there. */
    static final class ConflictException extends TrainerCallException {
        ConflictException(String message) {
            super(message, null);
        }
    }

    private static String stripSlash(String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /**
     * Asks for the next step once, waiting up to 10 s for it; empty when it is not ready.
     *
     * @param lineage the one that this trainer is in; the run being in another, which replaced it, is an error
     */
    Optional<Lease> lease(long lineage) throws TrainerCallException, InterruptedException {
        HttpResponse<byte[]> response = call(
                "lease a step",
                "POST",
                trainerUrl + "/steps/next/lease?lineage=" + lineage + "&wait_ms=" + POLL.toMillis(),
                null);
        if (response.statusCode() == 202) {
            JsonNode body = read(response, JsonNode.class);
            log.info(
                    "step {} has {} of {} groups, waits for {}",
                    body.path("step"),
                    body.path("have"),
                    body.path("need"),
                    body.path("waiting_for").asString("nothing named"));
            return Optional.empty();
        }
        return Optional.of(read(response, Lease.class));
    }

    /** The leased batch as JSON. */
    JsonNode batch(Lease lease) throws TrainerCallException, InterruptedException {
        return read(call("read the batch of step " + lease.step(), "GET", batchUrl(lease), null), JsonNode.class);
    }

    /** The leased batch as safetensors: with the header of every sample. */
    RolloutBatch rollouts(Lease lease) throws TrainerCallException, InterruptedException {
        String what = "read the batch of step " + lease.step();
        try {
            return RolloutBatchCodec.decode(call(what, "GET", batchUrl(lease) + "&format=safetensors", null)
                    .body());
        } catch (BadRecordException e) {
            throw new TrainerCallException("cannot " + what + ": " + e.getMessage(), e);
        }
    }

    private String batchUrl(Lease lease) {
        return trainerUrl + "/steps/" + lease.step() + "/batch?lease=" + lease.token();
    }

    /** @param newWeightVersion null when this step updated no weights */
    void acknowledge(Lease lease, @Nullable Long newWeightVersion) throws TrainerCallException, InterruptedException {
        ObjectNode body = Json.object().put("lease", lease.token());
        if (newWeightVersion != null) {
            body.put("weight_version", newWeightVersion.longValue());
        }
        call("acknowledge step " + lease.step(), "POST", trainerUrl + "/steps/" + lease.step() + "/ack", body);
    }

    /** Where the run is. */
    Standing standing() throws TrainerCallException, InterruptedException {
        return read(call("read the status", "GET", trainerUrl + "/status", null), Standing.class);
    }

    /** @throws ConflictException when the run cannot go back there */
    void resume(long step, String mode, long lineage) throws TrainerCallException, InterruptedException {
        ObjectNode body = Json.object().put("step", step).put("mode", mode).put("lineage", lineage);
        call("resume at step " + step, "POST", trainerUrl + "/resume", body);
    }

    Weights weights() throws TrainerCallException, InterruptedException {
        return read(call("ask what the weights are at", "GET", trainerUrl + "/policy", null), Weights.class);
    }

    /**
     * Says that every engine serves the version.
     *
     * @return the lineage that the run is in then: another one when its versions are counted anew
     */
    long ready(Weights weights) throws TrainerCallException, InterruptedException {
        ObjectNode body = Json.object()
                .put("lineage", weights.lineage())
                .put("state", "ready")
                .put("weight_version", weights.weightVersion());
        return read(call("say that weights are ready", "POST", trainerUrl + "/policy", body), Weights.class)
                .lineage();
    }

    /** Says that the weights are being moved. */
    void updating(long lineage) throws TrainerCallException, InterruptedException {
        ObjectNode body = Json.object().put("lineage", lineage).put("state", "updating");
        call("say that weights are updated", "POST", trainerUrl + "/policy", body);
    }

    /** Stands for the push of the weights: the engine serves the new version when this returns. */
    void announce(String engineUrl, long weightVersion, boolean abortAll)
            throws TrainerCallException, InterruptedException {
        ObjectNode body =
                Json.object().put("new_version", Long.toString(weightVersion)).put("abort_all_requests", abortAll);
        engine("announce weight version " + weightVersion, engineUrl, "/update_weight_version", body);
    }

    /** Pause, new weights, go on: the engine serves the new version when this returns. */
    void push(String engineUrl, Path weights, long version) throws TrainerCallException, InterruptedException {
        pause(engineUrl);
        ObjectNode update =
                Json.object().put("model_path", weights.toString()).put("weight_version", Long.toString(version));
        engine("push weight version " + version, engineUrl, "/update_weights_from_disk", update);
        goOn(engineUrl);
    }

    /** The engine aborts what it generates and takes no more until it is told to go on. */
    void pause(String engineUrl) throws TrainerCallException, InterruptedException {
        engine("pause generation", engineUrl, "/pause_generation", Json.object().put("mode", "abort"));
    }

    /** Ends a pause, also one that an earlier trainer began. */
    void goOn(String engineUrl) throws TrainerCallException, InterruptedException {
        engine("continue generation", engineUrl, "/continue_generation", Json.object());
    }

    private void engine(String what, String engineUrl, String path, ObjectNode body)
            throws TrainerCallException, InterruptedException {
        call(what, "POST", stripSlash(engineUrl) + path, body);
    }

    /** The engine's own account of its requests. */
    List<LedgerLine> engineLedger(String engineUrl) throws TrainerCallException, InterruptedException {
        HttpResponse<byte[]> response =
                call("read the engine's ledger", "GET", stripSlash(engineUrl) + "/admin/ledger", null);
        return new String(response.body(), StandardCharsets.UTF_8)
                .lines()
                .map(line -> Json.MAPPER.readValue(line, LedgerLine.class))
                .toList();
    }

    /** @return an answer of 200 or 202 */
    private HttpResponse<byte[]> call(String what, String method, String url, @Nullable ObjectNode body)
            throws TrainerCallException, InterruptedException {
        HttpRequest.BodyPublisher publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(body));
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url))
                .timeout(EXCHANGE_LIMIT)
                .header("Content-Type", "application/json")
                .method(method, publisher);
        if (url.startsWith(trainerUrl)) {
            key.authorization().ifPresent(shown -> builder.header("Authorization", shown));
        }
        HttpRequest request = builder.build();
        long spentNanos = 0;
        long triedAtNanos = ticker.nanos();
        for (long retryMs = RETRY_FIRST_MS; ; retryMs = Math.min(RETRY_MAX_MS, 2 * retryMs)) {
            String trouble;
            Throwable cause = null;
            try {
                HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                trouble = "HTTP " + response.statusCode() + " " + text(response);
                if (response.statusCode() < 500) {
                    requireGood(response, "cannot " + what + ": " + url + " answered " + trouble);
                    return response;
                }
            } catch (ConnectException e) {
                trouble = "nothing listens there";
                cause = e;
            } catch (IOException e) {
                trouble = e.toString();
                cause = e;
            }
            long nowNanos = ticker.nanos();
            long tookNanos = nowNanos - triedAtNanos;
            triedAtNanos = nowNanos;
            spentNanos += tookNanos > TRY_NANOS_MAX ? 0 : tookNanos;
            if (spentNanos > retryLimit.toNanos()) {
                throw new TrainerCallException(
                        "cannot " + what + " at " + url + " within --retry-limit " + retryLimit.toMillis() + " ms: "
                                + trouble,
                        cause);
            }
            if (retryMs == RETRY_FIRST_MS) {
                log.info("cannot {} yet: {}", what, trouble);
            }
            // A server that is not up yet tells nobody when it is.
            Thread.sleep(retryMs);
        }
    }

    private static void requireGood(HttpResponse<byte[]> response, String problem) throws TrainerCallException {
        switch (response.statusCode()) {
            case 200, 202 -> {}
            case 409 -> throw new ConflictException(problem);
            default -> throw new TrainerCallException(problem, null);
        }
    }

    private static String text(HttpResponse<byte[]> response) {
        String text = new String(response.body(), StandardCharsets.UTF_8).strip();
        return text.length() > 500 ? text.substring(0, 500) + "..." : text;
    }

    private static <T> T read(HttpResponse<byte[]> response, Class<T> type) throws TrainerCallException {
        try {
            return Json.MAPPER.readValue(response.body(), type);
        } catch (JacksonException e) {
            throw new TrainerCallException(response.uri() + " answered what is not understood: " + text(response), e);
        }
    }
}
