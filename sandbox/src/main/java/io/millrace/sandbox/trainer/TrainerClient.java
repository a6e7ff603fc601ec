package io.millrace.sandbox.trainer;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.common.wire.RolloutBatchCodec;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The HTTP side: the trainer consumer's three calls and the engines' one. A server that is out of reach or answers 5xx
 * is tried again until the limit, since every call is idempotent; any other answer than the expected is an error. Used
 * by one thread, which may be interrupted at any time.
 */
final class TrainerClient {
    /**
     * A step as the trainer consumer hands it over.
     *
     * @param token what the batch is fetched and acknowledged by
     * @param weightVersion the version at hand-over
     * @param groupIndices as listed, in its order
     */
    record Lease(long lineage, long step, String token, long weightVersion, long leasedAtMs, List<Long> groupIndices) {
        Lease {
            groupIndices = List.copyOf(groupIndices);
        }
    }

    private static final Logger log = LoggerFactory.getLogger(TrainerClient.class);
    private static final Duration POLL = Duration.ofSeconds(10);
    private static final Duration EXCHANGE_LIMIT = Duration.ofSeconds(60);
    private static final long RETRY_FIRST_MS = 100;
    private static final long RETRY_MAX_MS = 2_000;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final String trainerUrl;
    private final Duration retryLimit;
    private final Ticker ticker;

    TrainerClient(String trainerUrl, Duration retryLimit, Ticker ticker) {
        this.trainerUrl = stripSlash(trainerUrl);
        this.retryLimit = retryLimit;
        this.ticker = ticker;
    }

    /** A server that did not answer in time, or answered what the contract does not know. */
    static final class TrainerCallException extends Exception {
        TrainerCallException(String message) {
            super(message);
        }

        TrainerCallException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The lease is open no more: another lineage has begun, or the step had to be chosen anew. */
    static final class VoidLeaseException extends Exception {
        VoidLeaseException(String message) {
            super(message);
        }
    }

    /**
     * Where the run is.
     *
     * @param nextStep to be acknowledged
     */
    record Standing(long lineage, long nextStep) {}

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
                "POST",
                trainerUrl + "/v1/steps/next/lease?lineage=" + lineage + "&wait_ms=" + POLL.toMillis(),
                null,
                "lease a step");
        JsonNode body = json(response);
        if (response.statusCode() == 202) {
            log.info(
                    "step {} has {} of {} groups, waits for {}",
                    body.path("step"),
                    body.path("have"),
                    body.path("need"),
                    body.path("waiting_for").asString("nothing named"));
            return Optional.empty();
        }
        expect(response, 200, "lease a step");
        List<Long> indices = new ArrayList<>();
        body.path("group_indices").forEach(index -> indices.add(index.asLong(-1)));
        return Optional.of(new Lease(
                number(body, "lineage"),
                number(body, "step"),
                body.path("lease").asString(""),
                number(body, "weight_version"),
                number(body, "leased_at_ms"),
                indices));
    }

    /** The leased batch as JSON. */
    JsonNode batch(Lease lease) throws TrainerCallException, VoidLeaseException, InterruptedException {
        String what = "read the batch of step " + lease.step();
        HttpResponse<byte[]> response =
                call("GET", trainerUrl + "/v1/steps/" + lease.step() + "/batch?lease=" + lease.token(), null, what);
        requireOpen(response, what);
        expect(response, 200, what);
        return json(response);
    }

    /** @param newWeightVersion null when this step updated no weights */
    void acknowledge(Lease lease, @Nullable Long newWeightVersion)
            throws TrainerCallException, VoidLeaseException, InterruptedException {
        ObjectNode body = Json.object().put("lease", lease.token());
        if (newWeightVersion != null) {
            body.put("weight_version", newWeightVersion.longValue());
        }
        String what = "acknowledge step " + lease.step();
        HttpResponse<byte[]> response = call("POST", trainerUrl + "/v1/steps/" + lease.step() + "/ack", body, what);
        requireOpen(response, what);
        expect(response, 200, what);
    }

    /** Stands for the push of the weights: the engine serves the new version when this returns. */
    void announce(String engineUrl, long weightVersion, boolean abortAll)
            throws TrainerCallException, InterruptedException {
        ObjectNode body = Json.object();
        body.put("new_version", Long.toString(weightVersion));
        body.put("abort_all_requests", abortAll);
        String what = "announce weight version " + weightVersion + " to " + engineUrl;
        expect(call("POST", stripSlash(engineUrl) + "/update_weight_version", body, what), 200, what);
    }

    /** The leased batch as safetensors: with the header of every sample. */
    RolloutBatch rollouts(Lease lease) throws TrainerCallException, InterruptedException {
        String what = "read the batch of step " + lease.step();
        HttpResponse<byte[]> response = call(
                "GET",
                trainerUrl + "/v1/steps/" + lease.step() + "/batch?format=safetensors&lease=" + lease.token(),
                null,
                what);
        expect(response, 200, what);
        try {
            return RolloutBatchCodec.decode(response.body());
        } catch (BadRecordException e) {
            throw new TrainerCallException(
                    "the batch of step " + lease.step() + " cannot be decoded: " + e.getMessage(), e);
        }
    }

    /** Where the run is. */
    Standing standing() throws TrainerCallException, InterruptedException {
        HttpResponse<byte[]> response = call("GET", trainerUrl + "/v1/status", null, "read the status");
        expect(response, 200, "read the status");
        JsonNode body = json(response);
        return new Standing(number(body, "lineage"), number(body, "next_step"));
    }

    /** @return whether the run has gone back there; not when that is not possible */
    boolean resume(long step, String mode, long lineage) throws TrainerCallException, InterruptedException {
        ObjectNode body = Json.object().put("step", step).put("mode", mode).put("lineage", lineage);
        String what = "resume at step " + step;
        HttpResponse<byte[]> response = call("POST", trainerUrl + "/v1/resume", body, what);
        if (response.statusCode() == 409) {
            log.warn("cannot {}: {}", what, error(response));
            return false;
        }
        expect(response, 200, what);
        return true;
    }

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

    Weights weights() throws TrainerCallException, InterruptedException {
        String what = "ask what the weights are at";
        HttpResponse<byte[]> response = call("GET", trainerUrl + "/v1/policy", null, what);
        expect(response, 200, what);
        JsonNode body = json(response);
        return new Weights(
                body.path("lineage").asLong(0),
                body.path("weight_version").asLong(0),
                body.path("state").asString("ready"));
    }

    /**
     * Says that every engine serves the version.
     *
     * @return the lineage that the run is in then: another one when its versions are counted anew
     */
    long ready(Weights weights) throws TrainerCallException, InterruptedException {
        String what = "say that weights are ready";
        ObjectNode body = Json.object()
                .put("lineage", weights.lineage())
                .put("state", "ready")
                .put("weight_version", weights.weightVersion());
        HttpResponse<byte[]> response = call("POST", trainerUrl + "/v1/policy", body, what);
        expect(response, 200, what);
        return number(json(response), "lineage");
    }

    /** Says that the weights are being moved. */
    void updating(long lineage) throws TrainerCallException, InterruptedException {
        String what = "say that weights are updated";
        expect(
                call(
                        "POST",
                        trainerUrl + "/v1/policy",
                        Json.object().put("lineage", lineage).put("state", "updating"),
                        what),
                200,
                what);
    }

    /** Pause, new weights, go on: the engine serves the new version when this returns. */
    void push(String engineUrl, Path weights, long version) throws TrainerCallException, InterruptedException {
        String engine = stripSlash(engineUrl);
        String what = "push weight version " + version + " to " + engine;
        pause(engine);
        ObjectNode update =
                Json.object().put("model_path", weights.toString()).put("weight_version", Long.toString(version));
        expect(call("POST", engine + "/update_weights_from_disk", update, what), 200, what);
        goOn(engine);
    }

    /** The engine aborts what it generates and takes no more until it is told to go on. */
    void pause(String engineUrl) throws TrainerCallException, InterruptedException {
        String what = "pause " + engineUrl;
        ObjectNode body = Json.object().put("mode", "abort");
        expect(call("POST", stripSlash(engineUrl) + "/pause_generation", body, what), 200, what);
    }

    /** Ends a pause, also one that an earlier trainer began. */
    void goOn(String engineUrl) throws TrainerCallException, InterruptedException {
        String what = "let " + engineUrl + " go on";
        expect(call("POST", stripSlash(engineUrl) + "/continue_generation", Json.object(), what), 200, what);
    }

    /** The engine's own account of its requests. */
    List<JsonNode> engineLedger(String engineUrl) throws TrainerCallException, InterruptedException {
        HttpResponse<byte[]> response =
                call("GET", stripSlash(engineUrl) + "/admin/ledger", null, "read the engine's ledger");
        expect(response, 200, "read the engine's ledger");
        return new String(response.body(), java.nio.charset.StandardCharsets.UTF_8)
                .lines()
                .map(Json.MAPPER::readTree)
                .toList();
    }

    private HttpResponse<byte[]> call(String method, String url, @Nullable ObjectNode body, String what)
            throws TrainerCallException, InterruptedException {
        HttpRequest.BodyPublisher publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(body));
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(EXCHANGE_LIMIT)
                .header("Content-Type", "application/json")
                .method(method, publisher)
                .build();
        long begunNanos = ticker.nanos();
        for (long retryMs = RETRY_FIRST_MS; ; retryMs = Math.min(RETRY_MAX_MS, 2 * retryMs)) {
            String trouble;
            Throwable cause = null;
            try {
                HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() < 500) {
                    return response;
                }
                trouble = "HTTP " + response.statusCode() + " " + error(response);
            } catch (ConnectException e) {
                trouble = "nothing listens there";
                cause = e;
            } catch (IOException e) {
                trouble = e.toString();
                cause = e;
            }
            if (ticker.nanos() - begunNanos > retryLimit.toNanos()) {
                throw new TrainerCallException(
                        "cannot " + what + " at " + url + " within --retry-limit " + retryLimit.toMillis() + " ms: "
                                + trouble,
                        cause == null ? new IOException(trouble) : cause);
            }
            if (retryMs == RETRY_FIRST_MS) {
                log.info("cannot {} yet: {}", what, trouble);
            }
            // A server that is not up yet tells nobody when it is.
            Thread.sleep(retryMs);
        }
    }

    /** Refused with how the run stands: the lease is of the past. */
    private static void requireOpen(HttpResponse<byte[]> response, String what) throws VoidLeaseException {
        if (response.statusCode() == 409) {
            throw new VoidLeaseException("cannot " + what + ": " + error(response));
        }
    }

    private static void expect(HttpResponse<byte[]> response, int status, String what) throws TrainerCallException {
        if (response.statusCode() != status) {
            throw new TrainerCallException("cannot " + what + ": " + response.uri() + " answered HTTP "
                    + response.statusCode() + " " + error(response));
        }
    }

    private static String error(HttpResponse<byte[]> response) {
        String text = new String(response.body(), java.nio.charset.StandardCharsets.UTF_8).strip();
        return text.length() > 500 ? text.substring(0, 500) + "..." : text;
    }

    private static JsonNode json(HttpResponse<byte[]> response) throws TrainerCallException {
        try {
            return Json.MAPPER.readTree(response.body());
        } catch (JacksonException e) {
            throw new TrainerCallException(response.uri() + " did not answer with JSON: " + error(response), e);
        }
    }

    private static long number(JsonNode body, String name) throws TrainerCallException {
        JsonNode value = body.path(name);
        if (!value.isIntegralNumber()) {
            throw new TrainerCallException("the answer has no whole number " + name + ": " + value);
        }
        return value.asLong();
    }
}
