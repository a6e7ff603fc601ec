package io.millrace.trainer.serve;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.trainer.api.Described;
import io.millrace.trainer.api.Operation;
import io.millrace.trainer.api.Schemas;
import io.millrace.trainer.evaluate.EvaluationRefusedException;
import io.millrace.trainer.evaluate.Evaluations;
import io.millrace.trainer.evaluate.score.EvaluationStatus;
import io.millrace.trainer.queue.RolloutQueue;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/evaluations} asks for one, {@code GET /v1/evaluations} lists them, {@code GET /v1/evaluations/{id}}
 * shows one with its report, {@code GET /v1/evaluations/{id}/samples} has its samples, {@code DELETE /v1/evaluations/{id}} cancels one. Thread-safe.
 */
final class EvaluationRoutes {
    private static final String PATH = "/v1/evaluations";
    private static final String LINES = "application/jsonl";

    /** What an id, or a data set's name, may be. */
    private static final String ID = "^[A-Za-z0-9_.-]{1,64}$";

    private static final Operation REQUEST = Operation.post(
                    PATH,
                    "evaluate",
                    "Asks for an evaluation of the weights, beside training. Durable when it is answered.")
            .body(EvaluationBody.class)
            .answers(200, EvaluationView.class, "It has ended: the id was used before.")
            .answers(202, EvaluationView.class, "It is under way.")
            .refuses(409)
            .refuses(429)
            .refuses(503);

    private static final Operation LIST = Operation.get(PATH, "evaluations", "All evaluations, newest first.")
            .answers(200, EvaluationList.class, "How they stand.");

    private static final Operation SHOW = Operation.get(PATH + "/{id}", "evaluation", "An evaluation, and its report.")
            .path("id", Schemas.text(ID), "As it was asked for.")
            .answers(200, EvaluationView.class, "How it stands.")
            .refuses(404);

    private static final Operation SAMPLES = Operation.get(
                    PATH + "/{id}/samples",
                    "evaluationSamples",
                    "What an evaluation is made of, as far as it has come: a line of JSON for each prompt that is done.")
            .path("id", Schemas.text(ID), "As it was asked for.")
            .query("data_set", Schemas.text(ID), "The only one that is wanted.")
            .answers(200, LINES, null, "Of each prompt data_set, place and samples.")
            .refuses(404)
            .refuses(409)
            .refuses(503);

    private static final Operation CANCEL = Operation.delete(
                    PATH + "/{id}", "cancelEvaluation", "Ends an evaluation without a report, durably.")
            .path("id", Schemas.text(ID), "As it was asked for.")
            .answers(200, EvaluationView.class, "How it has ended; the same for a repeated one.")
            .refuses(404)
            .refuses(503);

    static final List<Operation> OPERATIONS = List.of(REQUEST, LIST, SHOW, SAMPLES, CANCEL);

    @Described(
            value = "",
            schema =
                    "{\"if\":{\"properties\":{\"weight_version\":{\"type\":\"integer\"}},\"required\":[\"weight_version\"]},"
                            + "\"then\":{\"properties\":{\"lineage\":{\"type\":\"integer\"}},\"required\":[\"lineage\"]}}")
    record EvaluationBody(
            @Nullable @Described(value = "made up when absent", schema = "{\"pattern\":\"" + ID + "\"}")
            String evalId,

            @Nullable
            @Described(
                    value = "those of --eval-dataset when absent",
                    schema = "{\"minItems\":1,\"maxItems\":" + EvalRecord.DATA_SETS_MAX + "}")
            List<DataSetBody> dataSets,

            @Nullable @Described("the one that the trainer is in; needed with weight_version")
            Lineage lineage,

            @Nullable @Described("begins when engines serve it or a newer one")
            WeightVersion weightVersion,

            @Nullable @Described(value = "--eval-time-limit when absent", schema = "{\"minimum\":1}")
            Long timeLimitMs) {}

    record DataSetBody(
            @Described(value = "its name in the report", schema = "{\"pattern\":\"" + ID + "\"}")
            String name,

            @Described(value = "a file at the producer, as its --dataset", schema = "{\"pattern\":\"\\\\S\"}")
            String path,

            @Nullable
            @Described(
                    value = "of each prompt; --eval-samples when absent",
                    schema = "{\"minimum\":1,\"maximum\":" + EvalRecord.SAMPLES_MAX + "}")
            Integer samples,

            @Nullable @Described("a sample passes with at least this reward")
            Double passReward,

            @Nullable @Described(value = "of prompts that name none", schema = "{\"pattern\":\"\\\\S\"}")
            String rewardType,

            @Nullable @Described(value = "0 is greedy", schema = "{\"minimum\":0}")
            Double temperature,

            @Nullable @Described(value = "", schema = "{\"exclusiveMinimum\":0,\"maximum\":1}")
            Double topP,

            @Nullable @Described(value = "-1 for all", schema = "{\"anyOf\":[{\"const\":-1},{\"minimum\":1}]}")
            Integer topK,

            @Nullable @Described(value = "response tokens of a sample", schema = "{\"minimum\":1}")
            Integer maxNewTokens) {}

    private final RolloutQueue queue;
    private final Evaluations evaluations;

    EvaluationRoutes(RolloutQueue queue) {
        this.queue = queue;
        this.evaluations = queue.evaluations();
    }

    void addTo(ApiRoutes api) {
        api.add(REQUEST, this::request)
                .add(LIST, this::list)
                .add(SHOW, this::show)
                .add(SAMPLES, this::samples)
                .add(CANCEL, this::cancel);
    }

    static void errors(HttpRouting.Builder routing) {
        routing.error(EvaluationRefusedException.class, (request, response, e) -> refuse(response, e));
    }

    private void request(Call call) throws InterruptedException {
        EvaluationBody body = call.body(EvaluationBody.class);
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
        call.send(status.isOpen() ? Status.ACCEPTED_202 : Status.OK_200, EvaluationView.of(status));
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

    /**
     * @param leftOut evaluations that were due by themselves and were not asked for
     * @param evaluations newest first
     */
    record EvaluationList(long leftOut, List<EvaluationView> evaluations) {}

    private void list(Call call) {
        call.send(
                Status.OK_200,
                new EvaluationList(
                        evaluations.skipped(),
                        evaluations.all().reversed().stream()
                                .map(EvaluationView::of)
                                .toList()));
    }

    private void show(Call call) {
        call.send(Status.OK_200, EvaluationView.of(find(call)));
    }

    private void samples(Call call) throws InterruptedException {
        String dataSet = call.query("data_set");
        if (dataSet != null && !EvalRecord.ID.matcher(dataSet).matches()) {
            throw Bodies.bad("data_set must be 1 to 64 letters, digits, '_', '.' or '-'");
        }
        byte[] lines = evaluations.samples(find(call), dataSet);
        call.contentType(LINES, null);
        call.response().send(lines);
    }

    private void cancel(Call call) throws InterruptedException {
        call.nothing();
        String id = call.path("id");
        call.send(Status.OK_200, EvaluationView.of(queue.cancelEvaluation(id).orElseThrow(() -> unknown(id))));
    }

    private EvaluationStatus find(Call call) {
        String id = call.path("id");
        return evaluations.find(id).orElseThrow(() -> unknown(id));
    }

    private static HttpException unknown(String id) {
        return new HttpException("there is no evaluation " + id, Status.NOT_FOUND_404);
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
