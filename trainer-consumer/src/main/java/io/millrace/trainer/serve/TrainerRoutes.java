package io.millrace.trainer.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.ask.AckAnswer;
import io.millrace.trainer.ask.Current;
import io.millrace.trainer.ask.LeaseAnswer;
import io.millrace.trainer.ask.ResumeAnswer;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.ask.TrainerStatus;
import io.millrace.trainer.batch.BatchBody;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.queue.RolloutQueue;
import io.millrace.trainer.steps.ResumeMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The trainer's API over HTTP, a thin layer over {@link RolloutQueue}: {@code POST /v1/steps/{step}/lease?lineage=0} (a
 * number or {@code next}, and the lineage that the trainer is in), {@code GET /v1/steps/{step}/batch}, {@code POST /v1/steps/{step}/ack}, {@code POST
 * /v1/resume}, {@code GET /v1/status}, and those of {@link PolicyRoutes} and {@link EvaluationRoutes}. The answer to a
 * lease has a token, {@code lease}, by which the batch is fetched and acknowledged. Every error is {@code {"error":
 * "..."}}, with 409, but for evaluations, also {@code lineage}, {@code step}, {@code weight_version} and {@code state} as they are now.
 * Thread-safe.
 */
public final class TrainerRoutes {
    private static final Logger log = LoggerFactory.getLogger(TrainerRoutes.class);

    private static final long WAIT_MS_MAX = 60_000;
    private static final long WAIT_MS_DEFAULT = 30_000;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private final RolloutQueue queue;
    private final BatchDownloads downloads;

    public TrainerRoutes(RolloutQueue queue, BatchDownloads downloads) {
        this.queue = queue;
        this.downloads = downloads;
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
        // Who waits for a step when the server stops; no failure, and nobody's thread to interrupt again.
        routing.error(
                InterruptedException.class,
                (request, response, e) -> error(response, Status.SERVICE_UNAVAILABLE_503, "the server is stopping"));
        routing.error(RuntimeException.class, (request, response, e) -> {
            log.error("request for {} failed", request.path().path(), e);
            error(response, Status.INTERNAL_SERVER_ERROR_500, "unexpected: " + e);
        });
    }

    private void lease(ServerRequest request, ServerResponse response) throws InterruptedException {
        String text = request.path().pathParameters().get("step");
        StepNumber step = text.equals("next") ? null : step(text);
        Map<String, String> query = Forms.query(request, List.of("lineage", "wait_ms"));
        long waitMs = number("wait_ms", query.getOrDefault("wait_ms", Long.toString(WAIT_MS_DEFAULT)), WAIT_MS_MAX);
        Lineage lineage = lineage(query.getOrDefault("lineage", ""));
        switch (queue.lease(step, lineage, Duration.ofMillis(waitMs))) {
            case LeaseAnswer.Leased leased -> OpsServer.sendJson(response, Status.OK_200, leased(leased));
            case LeaseAnswer.NotYet notYet ->
                OpsServer.sendJson(response, Status.ACCEPTED_202, Json.MAPPER.valueToTree(notYet));
            case LeaseAnswer.Refused refused -> conflict(response, refused.why(), refused.current());
        }
    }

    private static ObjectNode leased(LeaseAnswer.Leased leased) {
        StepRecord.Lease lease = leased.lease();
        ObjectNode body = Json.object();
        body.put("lineage", lease.lineage().value());
        body.put("step", lease.step().value());
        body.put("lease", lease.token().toString());
        body.put("weight_version", lease.word().value());
        body.put("leased_at_ms", lease.leasedAtMs());
        body.put("groups", lease.groups().size());
        ArrayNode indices = body.putArray("group_indices");
        lease.groups().forEach(entry -> indices.add(entry.groupIndex().value()));
        ArrayNode warnings = body.putArray("warnings");
        leased.warnings().forEach(warnings::add);
        body.put("batch", "/v1/steps/" + lease.step() + "/batch?lease=" + lease.token());
        return body;
    }

    private void batch(ServerRequest request, ServerResponse response) throws InterruptedException {
        StepNumber step = step(request.path().pathParameters().get("step"));
        Map<String, String> query = Forms.query(request, List.of("lease", "format"));
        LeaseToken lease = token(step, query.getOrDefault("lease", ""));
        String accept = String.join(",", request.headers().values(HeaderNames.ACCEPT));
        String format = query.getOrDefault("format", accept.contains(BatchBody.SAFETENSORS) ? "safetensors" : "json");
        if (!format.equals("json") && !format.equals("safetensors")) {
            throw bad("format must be json or safetensors, was '" + format + "'");
        }
        try (BatchDownloads.Place place = downloads.begin(step)) {
            BatchBody body = place.make(
                    () -> queue.batch(lease),
                    batch -> format.equals("json") ? BatchBody.json(batch) : BatchBody.safetensors(batch, queue.run()));
            response.header(HeaderNames.CONTENT_TYPE, body.contentType());
            if (body.bytes() != BatchBody.UNKNOWN) {
                response.contentLength(body.bytes());
            }
            place.send(response.outputStream(), body);
        } catch (BatchDownloads.EndedException e) {
            // What was sent is cut off; the reader sees that by the connection's end.
            throw new CloseConnectionException(String.valueOf(e.getMessage()), e);
        }
    }

    private void acknowledge(ServerRequest request, ServerResponse response) throws InterruptedException {
        StepNumber step = step(request.path().pathParameters().get("step"));
        ObjectNode form = Forms.form(Forms.body(request), List.of("lease", "weight_version", "checkpoint_step"));
        LeaseToken lease = token(step, form.path("lease").asString(""));
        Long version = Forms.number(form, "weight_version");
        Long checkpoint = Forms.number(form, "checkpoint_step");
        switch (queue.tryAcknowledge(
                lease,
                version == null ? null : new WeightVersion(version),
                checkpoint == null ? null : new StepNumber(checkpoint))) {
            case AckAnswer.Acknowledged done ->
                OpsServer.sendJson(response, Status.OK_200, Json.MAPPER.valueToTree(done));
            case AckAnswer.Refused refused -> conflict(response, refused.why(), refused.current());
        }
    }

    private void resume(ServerRequest request, ServerResponse response) throws InterruptedException {
        ObjectNode form = Forms.form(Forms.body(request), List.of("step", "mode", "lineage", "weight_version"));
        Long step = Forms.number(form, "step");
        Long lineage = Forms.number(form, "lineage");
        Long word = Forms.number(form, "weight_version");
        if (step == null) {
            throw bad("step must be given: the step at which the checkpoint resumes");
        }
        if (lineage == null) {
            throw bad("lineage must be given: the one that this opens, one above the run's");
        }
        ResumeMode mode = switch (form.path("mode").asString("replay")) {
            case "replay" -> ResumeMode.REPLAY;
            case "fresh" -> ResumeMode.FRESH;
            default -> throw bad("mode must be replay or fresh, was " + form.path("mode"));
        };
        WeightVersion checkpoint = word == null ? null : new WeightVersion(word);
        switch (queue.resume(new StepNumber(step), mode, new Lineage(lineage), checkpoint)) {
            case ResumeAnswer.Resumed done ->
                OpsServer.sendJson(response, Status.OK_200, Json.MAPPER.valueToTree(done));
            case ResumeAnswer.Refused refused -> conflict(response, refused.why(), refused.current());
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
        body.set("downloads", Json.MAPPER.valueToTree(downloads.standing()));
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

    private static LeaseToken token(StepNumber step, String word) {
        if (word.isEmpty()) {
            throw bad("lease must be given: the token that the answer to the lease of step " + step + " has");
        }
        LeaseToken token;
        try {
            token = LeaseToken.parse(word);
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
        if (!token.step().equals(step)) {
            throw bad("lease is of step " + token.step() + ", the path names step " + step);
        }
        return token;
    }

    private static Lineage lineage(String text) {
        if (text.isEmpty()) {
            throw bad("lineage must be given: the one that the trainer is in, which it read when it began, from GET"
                    + " /v1/status or from the answer to its resumption. Who reads it anew with each lease never learns"
                    + " that it was replaced");
        }
        return new Lineage(number("lineage", text, Long.MAX_VALUE));
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
        Current current = e.current();
        if (current != null) {
            conflict(response, String.valueOf(e.getMessage()), current);
            return;
        }
        Status status = switch (e.kind()) {
            case REFUSED, LEASED_ANEW -> Status.CONFLICT_409;
            case BUSY, UNAVAILABLE, ENDED -> {
                response.header(HeaderNames.RETRY_AFTER, "1");
                yield Status.SERVICE_UNAVAILABLE_503;
            }
        };
        error(response, status, String.valueOf(e.getMessage()));
    }

    /** What was asked does not fit how the run stands, which is told with it. */
    static void conflict(ServerResponse response, String why, Current current) {
        ObjectNode body = Json.object();
        body.put("error", why);
        body.put("lineage", current.lineage().value());
        body.put("step", current.step().value());
        body.put("weight_version", current.weightVersion().value());
        body.put("state", current.state().word());
        OpsServer.sendJson(response, Status.CONFLICT_409, body);
    }

    static void error(ServerResponse response, Status status, String message) {
        ObjectNode body = Json.object();
        body.put("error", message);
        OpsServer.sendJson(response, status, body);
    }
}
