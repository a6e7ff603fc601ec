package io.millrace.trainer.serve;

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
import io.millrace.trainer.evaluate.EvalDefaults;
import io.millrace.trainer.evaluate.EvaluationRefusedException;
import io.millrace.trainer.evaluate.Evaluations;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.queue.RolloutQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/evaluations} asks for one, {@code GET /v1/evaluations} lists them, {@code GET /v1/evaluations/{id}}
 * shows one with its report, {@code DELETE /v1/evaluations/{id}} cancels one. Thread-safe.
 */
final class EvaluationRoutes {
    private static final String PATH = "/v1/evaluations";
    private static final List<String> KEYS =
            List.of("eval_id", "data_sets", "lineage", "weight_version", "time_limit_ms");
    private static final List<String> DATA_SET_KEYS = List.of(
            "name", "path", "samples", "pass_reward", "reward_type", "temperature", "top_p", "top_k", "max_new_tokens");

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
                .delete(PATH + "/{id}", this::cancel);
        routing.error(EvaluationRefusedException.class, (request, response, e) -> refuse(response, e));
    }

    private void request(ServerRequest request, ServerResponse response) throws InterruptedException {
        ObjectNode form = Forms.form(Forms.body(request), KEYS);
        String evalId = form.path("eval_id").asString("eval-" + UUID.randomUUID());
        Long version = Forms.number(form, "weight_version");
        Long lineage = Forms.number(form, "lineage");
        if (version != null && lineage == null) {
            throw Forms.bad(
                    "lineage must be given with weight_version: the one that the trainer is in, whose word it is");
        }
        Long limitMs = Forms.number(form, "time_limit_ms");
        List<EvalDataSet> dataSets = dataSets(form);
        EvaluationStatus status;
        try {
            status = queue.evaluate(
                    evalId,
                    dataSets,
                    lineage == null ? null : new Lineage(lineage),
                    version == null ? null : new WeightVersion(version),
                    limitMs == null ? null : Duration.ofMillis(limitMs));
        } catch (IllegalArgumentException e) {
            throw Forms.bad(String.valueOf(e.getMessage()));
        }
        OpsServer.sendJson(response, status.isOpen() ? Status.ACCEPTED_202 : Status.OK_200, json(status));
    }

    private List<EvalDataSet> dataSets(ObjectNode form) {
        JsonNode given = form.path("data_sets");
        if (given.isMissingNode() || given.isNull()) {
            if (evaluations.configured().isEmpty()) {
                throw Forms.bad("data_sets must be given: no --eval-dataset is set");
            }
            return evaluations.configured();
        }
        if (!(given instanceof ArrayNode array) || array.isEmpty()) {
            throw Forms.bad("data_sets must be a list of objects with keys of " + DATA_SET_KEYS);
        }
        List<EvalDataSet> dataSets = new ArrayList<>();
        for (JsonNode node : array) {
            dataSets.add(dataSet(node));
        }
        return dataSets;
    }

    private EvalDataSet dataSet(JsonNode node) {
        ObjectNode form = Forms.known(node, DATA_SET_KEYS);
        EvalDefaults defaults = evaluations.defaults();
        Long samples = Forms.number(form, "samples");
        Double passReward = Forms.decimal(form, "pass_reward");
        Double temperature = Forms.decimal(form, "temperature");
        Double topP = Forms.decimal(form, "top_p");
        Integer topK = Forms.whole(form, "top_k");
        Integer maxNewTokens = Forms.whole(form, "max_new_tokens");
        try {
            return new EvalDataSet(
                    text(form, "name"),
                    text(form, "path"),
                    samples == null ? defaults.samples() : Math.toIntExact(samples),
                    passReward == null ? defaults.passReward() : passReward,
                    form.hasNonNull("reward_type") ? text(form, "reward_type") : defaults.rewardType(),
                    temperature == null ? defaults.temperature() : temperature,
                    topP == null ? defaults.topP() : topP,
                    topK == null ? defaults.topK() : topK,
                    maxNewTokens == null ? defaults.maxNewTokens() : maxNewTokens);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw Forms.bad("data_sets: " + e.getMessage());
        }
    }

    private static String text(ObjectNode form, String key) {
        JsonNode value = form.path(key);
        if (!value.isString() || value.asString().isBlank()) {
            throw Forms.bad(key + " of a data set must be a text, was " + (value.isMissingNode() ? "absent" : value));
        }
        return value.asString();
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
