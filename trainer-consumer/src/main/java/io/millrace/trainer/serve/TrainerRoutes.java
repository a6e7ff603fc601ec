package io.millrace.trainer.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.StepRecord;
import io.millrace.common.wire.RolloutBatchCodec;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.steps.ResumeMode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The trainer's API over HTTP, a thin layer over {@link RolloutQueue}: {@code POST /v1/steps/{step}/lease} (a number or
 * {@code next}), {@code GET /v1/steps/{step}/batch}, {@code POST /v1/steps/{step}/ack}, {@code POST
 * /v1/resume}, {@code GET /v1/status}, and those of {@link PolicyRoutes} and {@link EvaluationRoutes}. Every error is {@code {"error": "..."}}. Thread-safe.
 */
public final class TrainerRoutes {
    private static final Logger log = LoggerFactory.getLogger(TrainerRoutes.class);

    /** Of a batch as one blob. */
    public static final String SAFETENSORS = "application/vnd.safetensors";

    private static final long WAIT_MS_MAX = 60_000;
    private static final long WAIT_MS_DEFAULT = 30_000;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    /** Batches held in memory at once while they are sent; a trainer asks for one. */
    private static final int BATCHES_MAX = 2;

    private final RolloutQueue queue;
    private final Semaphore batches = new Semaphore(BATCHES_MAX);

    public TrainerRoutes(RolloutQueue queue) {
        this.queue = queue;
    }

    /** Adds the routes; they take every path that has none, so they come last. */
    public void addTo(HttpRouting.Builder routing) {
        new PolicyRoutes(queue).addTo(routing);
        new EvaluationRoutes(queue).addTo(routing);
        routing.post("/v1/steps/{step}/lease", this::lease)
                .get("/v1/steps/{step}/batch", this::batch)
                .post("/v1/steps/{step}/ack", this::acknowledge)
                .post("/v1/resume", this::resume)
                .get("/v1/status", (request, response) -> OpsServer.sendJson(response, Status.OK_200, status()))
                .any((request, response) -> error(
                        response,
                        Status.NOT_FOUND_404,
                        "no " + request.prologue().method().text() + " "
                                + request.path().path() + " here"));
        routing.error(RolloutQueueException.class, (request, response, e) -> refuse(response, e));
        routing.error(
                HttpException.class,
                (request, response, e) -> error(response, e.status(), String.valueOf(e.getMessage())));
        routing.error(RuntimeException.class, (request, response, e) -> {
            log.error("request for {} failed", request.path().path(), e);
            error(response, Status.INTERNAL_SERVER_ERROR_500, "unexpected: " + e);
        });
    }

    private void lease(ServerRequest request, ServerResponse response) throws InterruptedException {
        String text = request.path().pathParameters().get("step");
        StepNumber step = text.equals("next") ? null : step(text);
        long waitMs =
                number("wait_ms", request.query().first("wait_ms").orElse(Long.toString(WAIT_MS_DEFAULT)), WAIT_MS_MAX);
        switch (queue.lease(step, Duration.ofMillis(waitMs))) {
            case LeaseAnswer.Leased leased -> OpsServer.sendJson(response, Status.OK_200, leased(leased));
            case LeaseAnswer.NotYet notYet ->
                OpsServer.sendJson(response, Status.ACCEPTED_202, Json.MAPPER.valueToTree(notYet));
            case LeaseAnswer.Refused refused -> error(response, Status.CONFLICT_409, refused.why());
        }
    }

    private static ObjectNode leased(LeaseAnswer.Leased leased) {
        StepRecord.Lease lease = leased.lease();
        ObjectNode body = Json.object();
        body.put("lineage", lease.lineage().value());
        body.put("step", lease.step().value());
        body.put("weight_version", lease.weightVersion().value());
        body.put("leased_at_ms", lease.leasedAtMs());
        body.put("groups", lease.groups().size());
        ArrayNode indices = body.putArray("group_indices");
        lease.groups().forEach(entry -> indices.add(entry.groupIndex().value()));
        ArrayNode warnings = body.putArray("warnings");
        leased.warnings().forEach(warnings::add);
        body.put("batch", "/v1/steps/" + lease.step() + "/batch");
        return body;
    }

    private void batch(ServerRequest request, ServerResponse response) throws InterruptedException {
        StepNumber step = step(request.path().pathParameters().get("step"));
        String accept = String.join(",", request.headers().values(HeaderNames.ACCEPT));
        String format = request.query().first("format").orElse(accept.contains(SAFETENSORS) ? "safetensors" : "json");
        if (!batches.tryAcquire()) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.BUSY, BATCHES_MAX + " batches are being sent already; ask again");
        }
        try {
            send(step, format, response);
        } finally {
            batches.release();
        }
    }

    private void send(StepNumber step, String format, ServerResponse response) throws InterruptedException {
        switch (format) {
            case "json" -> {
                LeasedBatch batch = queue.batch(step);
                response.header(HeaderNames.CONTENT_TYPE, "application/json");
                BatchJson.write(batch, response.outputStream());
            }
            case "safetensors" -> {
                byte[] blob = blob(queue.batch(step));
                response.header(HeaderNames.CONTENT_TYPE, SAFETENSORS);
                response.send(blob);
            }
            default -> throw bad("format must be json or safetensors, was '" + format + "'");
        }
    }

    private byte[] blob(LeasedBatch batch) {
        return RolloutBatchCodec.encode(batch.header(queue.run()), batch.groups());
    }

    private void acknowledge(ServerRequest request, ServerResponse response) throws InterruptedException {
        StepNumber step = step(request.path().pathParameters().get("step"));
        ObjectNode form = Forms.form(Forms.body(request), List.of("weight_version", "checkpoint_step"));
        Long version = Forms.number(form, "weight_version");
        Long checkpoint = Forms.number(form, "checkpoint_step");
        switch (queue.tryAcknowledge(
                step,
                version == null ? null : new WeightVersion(version),
                checkpoint == null ? null : new StepNumber(checkpoint))) {
            case AckAnswer.Acknowledged done ->
                OpsServer.sendJson(response, Status.OK_200, Json.MAPPER.valueToTree(done));
            case AckAnswer.Refused refused -> error(response, Status.CONFLICT_409, refused.why());
        }
    }

    private void resume(ServerRequest request, ServerResponse response) throws InterruptedException {
        ObjectNode form = Forms.form(Forms.body(request), List.of("step", "mode", "lineage"));
        Long step = Forms.number(form, "step");
        Long lineage = Forms.number(form, "lineage");
        if (step == null) {
            throw bad("step must be given: the step at which the checkpoint resumes");
        }
        ResumeMode mode = switch (form.path("mode").asString("replay")) {
            case "replay" -> ResumeMode.REPLAY;
            case "fresh" -> ResumeMode.FRESH;
            default -> throw bad("mode must be replay or fresh, was " + form.path("mode"));
        };
        switch (queue.resume(new StepNumber(step), mode, lineage == null ? null : new Lineage(lineage))) {
            case ResumeAnswer.Resumed done ->
                OpsServer.sendJson(response, Status.OK_200, Json.MAPPER.valueToTree(done));
            case ResumeAnswer.Refused refused -> error(response, Status.CONFLICT_409, refused.why());
        }
    }

    /** How the consumer stands, as the operations endpoints show it. */
    public ObjectNode status() {
        TrainerStatus status;
        try {
            status = queue.status();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HttpException("the server is stopping", Status.SERVICE_UNAVAILABLE_503);
        }
        ObjectNode body = Json.MAPPER.valueToTree(status);
        ObjectNode asked = body.putObject("evaluations");
        asked.put(
                "open",
                queue.evaluations().all().stream()
                        .filter(EvaluationStatus::isOpen)
                        .count());
        asked.put("left_out", queue.evaluations().skipped());
        for (String key :
                List.of("open_step", "replay_before", "checkpoint_step", "last_step_rewards", "policy_warning")) {
            if (!body.has(key)) {
                body.putNull(key);
            }
        }
        return body;
    }

    private static StepNumber step(String text) {
        return new StepNumber(number("step", text, Long.MAX_VALUE));
    }

    private static long number(String name, String text, long max) {
        if (!NUMBER.matcher(text).matches() || Long.parseLong(text) > max) {
            throw bad(name + " must be a whole number from 0" + (max == Long.MAX_VALUE ? "" : " to " + max) + ", was '"
                    + text + "'");
        }
        return Long.parseLong(text);
    }

    private static HttpException bad(String message) {
        return new HttpException(message, Status.BAD_REQUEST_400);
    }

    private static void refuse(ServerResponse response, RolloutQueueException e) {
        Status status = switch (e.kind()) {
            case REFUSED -> Status.CONFLICT_409;
            case NOT_LEASED -> Status.NOT_FOUND_404;
            case UNREADABLE -> {
                log.error("a batch cannot be served", e);
                yield Status.INTERNAL_SERVER_ERROR_500;
            }
            case BUSY, UNAVAILABLE, ENDED -> {
                response.header(HeaderNames.RETRY_AFTER, "1");
                yield Status.SERVICE_UNAVAILABLE_503;
            }
        };
        error(response, status, String.valueOf(e.getMessage()));
    }

    static void error(ServerResponse response, Status status, String message) {
        ObjectNode body = Json.object();
        body.put("error", message);
        OpsServer.sendJson(response, status, body);
    }
}
