package io.millrace.trainer.serve;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.json.Json;
import io.millrace.common.record.StepRecord;
import io.millrace.common.trace.TraceContext;
import io.millrace.trainer.api.ApiDocument;
import io.millrace.trainer.api.Operation;
import io.millrace.trainer.api.Refusal;
import io.millrace.trainer.ask.Current;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.ask.TrainerStatus;
import io.millrace.trainer.download.BatchDownloads;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.queue.RolloutQueue;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The trainer's API over HTTP, a thin layer over {@link RolloutQueue}: what {@link StepRoutes}, {@link PolicyRoutes} and
 * {@link EvaluationRoutes} have, {@code GET /v1/status}, and the document of all of it at {@code /openapi.json}. Every error is {@code {"error":
 * "..."}}, with 409, but for evaluations, also {@code lineage}, {@code step}, {@code weight_version} and {@code state} as they are now.
 * Thread-safe.
 */
public final class TrainerRoutes {
    private static final Logger log = LoggerFactory.getLogger(TrainerRoutes.class);

    private static final Operation STATUS = Operation.get("/v1/status", "status", "How the run stands.")
            .answers(200, StatusView.class, "A snapshot.")
            .refuses(503);

    static final List<Operation> OPERATIONS = Stream.of(
                    StepRoutes.OPERATIONS, PolicyRoutes.OPERATIONS, EvaluationRoutes.OPERATIONS, List.of(STATUS))
            .flatMap(List::stream)
            .toList();

    private final RolloutQueue queue;
    private final BatchDownloads downloads;
    private final StepTraces traces;

    /** The trace of a step, which its trainer may go on with. */
    @FunctionalInterface
    public interface StepTraces {
        /** Null while traces are off. */
        @Nullable
        TraceContext of(StepRecord.Lease lease);
    }

    public TrainerRoutes(RolloutQueue queue, BatchDownloads downloads, StepTraces traces) {
        this.traces = traces;
        this.queue = queue;
        this.downloads = downloads;
    }

    /** Adds the routes; they take every path that has none, so they come last. */
    public void addTo(HttpRouting.Builder routing) {
        ApiRoutes api = new ApiRoutes(routing);
        new StepRoutes(queue, downloads, traces).addTo(api);
        new PolicyRoutes(queue).addTo(api);
        new EvaluationRoutes(queue).addTo(api);
        api.add(STATUS, call -> call.send(Status.OK_200, view()));
        api.end(OPERATIONS);
        EvaluationRoutes.errors(routing);
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

    /** The OpenAPI document of all of it. */
    static ObjectNode document() {
        return ApiDocument.of(OPERATIONS);
    }

    /** The status, and what the server knows beside it. */
    record StatusView(
            @JsonUnwrapped TrainerStatus status, BatchDownloads.Standing downloads, EvaluationsAsked evaluations) {}

    /**
     * @param open under way
     * @param leftOut that were due by themselves and were not asked for
     */
    record EvaluationsAsked(long open, long leftOut) {}

    private StatusView view() throws InterruptedException {
        long open = queue.evaluations().all().stream()
                .filter(EvaluationStatus::isOpen)
                .count();
        return new StatusView(
                queue.status(),
                downloads.standing(),
                new EvaluationsAsked(open, queue.evaluations().skipped()));
    }

    /** How the consumer stands, as the operations endpoints show it. */
    public ObjectNode status() {
        try {
            return Json.MAPPER.valueToTree(view());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HttpException("the server is stopping", Status.SERVICE_UNAVAILABLE_503);
        }
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

    static void error(ServerResponse response, Status status, String message) {
        send(response, status, Refusal.of(message));
    }

    private static void send(ServerResponse response, Status status, Refusal refusal) {
        OpsServer.sendJson(response, status, Json.MAPPER.valueToTree(refusal));
    }
}
