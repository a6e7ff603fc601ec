package io.millrace.trainer.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.http.OpsServer;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.trainer.evaluate.EvaluationRefusedException;
import io.millrace.trainer.evaluate.Evaluations;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.queue.RolloutQueue;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/evaluations} asks for one, {@code GET /v1/evaluations} lists them, {@code GET /v1/evaluations/{id}}
 * shows one with its report, {@code GET /v1/evaluations/{id}/samples} has its samples, {@code DELETE /v1/evaluations/{id}} cancels one. Thread-safe.
 */
final class EvaluationRoutes {
    private static final String PATH = "/v1/evaluations";

    private record EvaluationBody(
            @Nullable String evalId,
            @Nullable List<DataSetBody> dataSets,
            @Nullable Lineage lineage,
            @Nullable WeightVersion weightVersion,
            @Nullable Long timeLimitMs) {}

    private record DataSetBody(
            @Nullable String name,
            @Nullable String path,
            @Nullable Integer samples,
            @Nullable Double passReward,
            @Nullable String rewardType,
            @Nullable Double temperature,
            @Nullable Double topP,
            @Nullable Integer topK,
            @Nullable Integer maxNewTokens) {}

    private final RolloutQueue queue;
    private final Evaluations evaluations;

    EvaluationRoutes(RolloutQueue queue) {
        this.queue = queue;
        this.evaluations = queue.evaluations();
    }

    void addTo(HttpRouting.Builder routing) {
        routing.post(PATH, this::request)
                .get(PATH, this::list)
                .get(PATH + "/{id}", this::show)
                .get(PATH + "/{id}/samples", this::samples)
                .delete(PATH + "/{id}", this::cancel);
        routing.error(EvaluationRefusedException.class, (request, response, e) -> refuse(response, e));
    }

    private void request(ServerRequest request, ServerResponse response) throws InterruptedException {
        EvaluationBody body = Bodies.read(request, EvaluationBody.class);
        if (body.weightVersion() != null && body.lineage() == null) {
            throw Bodies.bad(
                    "lineage must be given with weight_version: the one that the trainer is in, whose word it is");
        }
        EvaluationStatus status;
        try {
            status = queue.evaluate(
                    body.evalId() == null ? "eval-" + UUID.randomUUID() : body.evalId(),
                    dataSets(body),
                    body.lineage(),
                    body.weightVersion(),
                    body.timeLimitMs() == null ? null : Duration.ofMillis(body.timeLimitMs()));
        } catch (IllegalArgumentException e) {
            throw Bodies.bad(String.valueOf(e.getMessage()));
        }
        OpsServer.sendJson(response, status.isOpen() ? Status.ACCEPTED_202 : Status.OK_200, json(status));
    }

    private List<EvalDataSet> dataSets(EvaluationBody body) {
        if (body.dataSets() == null) {
            if (evaluations.configured().isEmpty()) {
                throw Bodies.bad("data_sets must be given: no --eval-dataset is set");
            }
            return evaluations.configured();
        }
        if (body.dataSets().isEmpty()) {
            throw Bodies.bad("data_sets must be a list of objects, was []");
        }
        return body.dataSets().stream().map(this::dataSet).toList();
    }

    private EvalDataSet dataSet(DataSetBody body) {
        EvalDataSet defaults = evaluations.defaults();
        try {
            return new EvalDataSet(
                    text(body.name(), "name"),
                    text(body.path(), "path"),
                    body.samples() == null ? defaults.samples() : body.samples(),
                    body.passReward() == null ? defaults.passReward() : body.passReward(),
                    body.rewardType() == null ? defaults.rewardType() : text(body.rewardType(), "reward_type"),
                    body.temperature() == null ? defaults.temperature() : body.temperature(),
                    body.topP() == null ? defaults.topP() : body.topP(),
                    body.topK() == null ? defaults.topK() : body.topK(),
                    body.maxNewTokens() == null ? defaults.maxNewTokens() : body.maxNewTokens());
        } catch (IllegalArgumentException e) {
            throw Bodies.bad("data_sets: " + e.getMessage());
        }
    }

    private static String text(@Nullable String value, String key) {
        if (value == null || value.isBlank()) {
            throw Bodies.bad(key + " of a data set must be a text, was " + (value == null ? "absent" : "blank"));
        }
        return value;
    }

    private void list(ServerRequest request, ServerResponse response) {
        ObjectNode body = Json.object();
        body.put("left_out", evaluations.skipped());
        ArrayNode all = body.putArray("evaluations");
        evaluations.all().reversed().forEach(status -> all.add(json(status)));
        OpsServer.sendJson(response, Status.OK_200, body);
    }

    private void show(ServerRequest request, ServerResponse response) {
        String id = request.path().pathParameters().get("id");
        EvaluationStatus status = evaluations.find(id).orElseThrow(() -> unknown(id));
        OpsServer.sendJson(response, Status.OK_200, json(status));
    }

    private void samples(ServerRequest request, ServerResponse response) throws InterruptedException {
        String id = request.path().pathParameters().get("id");
        EvaluationStatus status = evaluations.find(id).orElseThrow(() -> unknown(id));
        byte[] lines = evaluations.samples(
                status, Bodies.query(request, List.of("data_set")).get("data_set"));
        response.header(HeaderNames.CONTENT_TYPE, "application/jsonl");
        response.send(lines);
    }

    private void cancel(ServerRequest request, ServerResponse response) throws InterruptedException {
        String id = request.path().pathParameters().get("id");
        EvaluationStatus status = queue.cancelEvaluation(id).orElseThrow(() -> unknown(id));
        OpsServer.sendJson(response, Status.OK_200, json(status));
    }

    private static HttpException unknown(String id) {
        return new HttpException("there is no evaluation " + id, Status.NOT_FOUND_404);
    }

    static ObjectNode json(EvaluationStatus status) {
        ObjectNode json = Json.object();
        json.put("eval_id", status.request().evalId());
        json.put("state", status.state().name().toLowerCase(Locale.ROOT));
        json.put("lineage", status.request().lineage().value());
        long offset = status.request().versionOffset();
        json.put("weight_version", status.request().weightVersion().value() - offset);
        json.put("version_offset", offset);
        json.put("issued_version", word(status.issuedVersion(), offset));
        json.put("requested_at_ms", status.request().requestedAtMs());
        json.put("time_limit_ms", status.request().timeLimitMs());
        json.set("data_sets", Json.MAPPER.valueToTree(status.request().dataSets()));
        json.put("groups", status.groups());
        json.put("done", status.done());
        json.put("failed", status.failed());
        json.put("cause", status.cause());
        EvalRecord.Report report = status.report();
        if (report == null) {
            json.putNull("report");
        } else {
            json.set("report", report(report, offset));
        }
        return json;
    }

    /** As it stands on its topic, with the trainer's words for versions in place of the run's numbers. */
    private static ObjectNode report(EvalRecord.Report report, long offset) {
        ObjectNode json = Json.MAPPER.valueToTree(report);
        json.put("weight_version", word(report.weightVersion(), offset));
        ArrayNode dataSets = json.putArray("data_sets");
        for (EvalRecord.DataSetReport dataSet : report.dataSets()) {
            ObjectNode one = Json.MAPPER.valueToTree(dataSet);
            if (dataSet.oldestVersion() != null) {
                one.put("oldest_version", word(dataSet.oldestVersion(), offset));
            }
            if (dataSet.newestVersion() != null) {
                one.put("newest_version", word(dataSet.newestVersion(), offset));
            }
            dataSets.add(one);
        }
        return json;
    }

    /** What the trainer calls it; below its first one for what was there before it counted. */
    private static @Nullable Long word(@Nullable WeightVersion version, long offset) {
        return version == null ? null : version.value() - offset;
    }

    private static void refuse(ServerResponse response, EvaluationRefusedException e) {
        Status status = switch (e.kind()) {
            case CONFLICT -> Status.CONFLICT_409;
            case TOO_MANY -> Status.TOO_MANY_REQUESTS_429;
            case UNAVAILABLE -> Status.SERVICE_UNAVAILABLE_503;
        };
        TrainerRoutes.error(response, status, String.valueOf(e.getMessage()));
    }
}
