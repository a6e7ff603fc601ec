package io.millrace.trainer.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
        Map<String, String> query = Bodies.query(request, List.of("lineage", "wait_ms"));
        long waitMs = number("wait_ms", query.getOrDefault("wait_ms", Long.toString(WAIT_MS_DEFAULT)), WAIT_MS_MAX);
        Lineage lineage = lineage(query.getOrDefault("lineage", ""));
        switch (queue.lease(step, lineage, Duration.ofMillis(waitMs))) {
            case LeaseAnswer.Leased leased -> send(response, Status.OK_200, LeaseView.of(leased));
            case LeaseAnswer.NotYet notYet -> send(response, Status.ACCEPTED_202, notYet);
        }
    }

    private record LeaseView(
            Lineage lineage,
            StepNumber step,
            String lease,
            WeightVersion weightVersion,
            long leasedAtMs,
            int groups,
            List<GroupIndex> groupIndices,
            List<String> warnings,
            String batch) {
        static LeaseView of(LeaseAnswer.Leased leased) {
            StepRecord.Lease lease = leased.lease();
            return new LeaseView(
                    lease.lineage(),
                    lease.step(),
                    lease.token().toString(),
                    lease.word(),
                    lease.leasedAtMs(),
                    lease.groups().size(),
                    lease.groups().stream().map(ManifestEntry::groupIndex).toList(),
                    leased.warnings(),
                    "/v1/steps/" + lease.step() + "/batch?lease=" + lease.token());
        }
    }

    private void batch(ServerRequest request, ServerResponse response) throws InterruptedException {
        StepNumber step = step(request.path().pathParameters().get("step"));
        Map<String, String> query = Bodies.query(request, List.of("lease", "format"));
        LeaseToken lease = token(step, query.getOrDefault("lease", ""));
        String accept = String.join(",", request.headers().values(HeaderNames.ACCEPT));
        String format = query.getOrDefault("format", accept.contains(BatchBody.SAFETENSORS) ? "safetensors" : "json");
        if (!format.equals("json") && !format.equals("safetensors")) {
            throw Bodies.bad("format must be json or safetensors, was '" + format + "'");
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

    private record AckBody(
            @Nullable String lease,
            @Nullable WeightVersion weightVersion,
            @Nullable StepNumber checkpointStep) {}

    private void acknowledge(ServerRequest request, ServerResponse response) throws InterruptedException {
        StepNumber step = step(request.path().pathParameters().get("step"));
        AckBody body = Bodies.read(request, AckBody.class);
        AckAnswer answer = queue.acknowledge(
                token(step, body.lease() == null ? "" : body.lease()), body.weightVersion(), body.checkpointStep());
        send(response, Status.OK_200, answer);
    }

    private record ResumeBody(
            @Nullable StepNumber step,
            @Nullable ResumeMode mode,
            @Nullable Lineage lineage,
            @Nullable WeightVersion weightVersion) {}

    private void resume(ServerRequest request, ServerResponse response) throws InterruptedException {
        ResumeBody body = Bodies.read(request, ResumeBody.class);
        ResumeAnswer answer = queue.resume(
                Bodies.given(body.step(), "step", "the step at which the checkpoint resumes"),
                body.mode() == null ? ResumeMode.REPLAY : body.mode(),
                Bodies.given(body.lineage(), "lineage", "the one that this opens, one above the run's"),
                body.weightVersion());
        send(response, Status.OK_200, answer);
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
            throw Bodies.bad("lease must be given: the token that the answer to the lease of step " + step + " has");
        }
        LeaseToken token;
        try {
            token = LeaseToken.parse(word);
        } catch (IllegalArgumentException e) {
            throw Bodies.bad(String.valueOf(e.getMessage()));
        }
        if (!token.step().equals(step)) {
            throw Bodies.bad("lease is of step " + token.step() + ", the path names step " + step);
        }
        return token;
    }

    private static Lineage lineage(String text) {
        if (text.isEmpty()) {
            throw Bodies.bad(
                    "lineage must be given: the one that the trainer is in, which it read when it began, from GET"
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
            throw Bodies.bad(name + " must be a whole number from 0" + (max == Long.MAX_VALUE ? "" : " to " + max)
                    + ", was '" + text + "'");
        }
        return Long.parseLong(text);
    }

    private static void refuse(ServerResponse response, RolloutQueueException e) {
        Current current = e.current();
        if (current != null) {
            // What was asked does not fit how the run stands, which is told with it.
            send(
                    response,
                    Status.CONFLICT_409,
                    new Refusal(
                            String.valueOf(e.getMessage()),
                            current.lineage(),
                            current.step(),
                            current.weightVersion(),
                            current.state()));
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

    private record Refusal(
            String error,
            @Nullable Lineage lineage,
            @Nullable StepNumber step,
            @Nullable WeightVersion weightVersion,
            Policy.@Nullable State state) {}

    static void error(ServerResponse response, Status status, String message) {
        send(response, status, new Refusal(message, null, null, null, null));
    }

    /** A record as JSON. */
    static void send(ServerResponse response, Status status, Record view) {
        OpsServer.sendJson(response, status, Json.MAPPER.valueToTree(view));
    }
}
