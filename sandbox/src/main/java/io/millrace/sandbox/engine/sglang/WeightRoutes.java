package io.millrace.sandbox.engine.sglang;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.Refusal;
import io.millrace.sandbox.engine.runtime.Scheduler;
import io.millrace.sandbox.policy.AnswerPolicy;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Pausing, new weights, going on; the shapes are SGLang's. Its pause modes retract and in_place are the same here. */
public record WeightRoutes(Engine engine) implements HttpService {
    @Override
    public void routing(HttpRules rules) {
        rules.post("/pause_generation", this::pause)
                .post("/continue_generation", this::goOn)
                .post("/update_weights_from_disk", this::update);
    }

    private void pause(ServerRequest request, ServerResponse response) throws InterruptedException {
        String mode = request.content().hasEntity()
                ? Exchange.tree(request).path("mode").asString("abort")
                : "abort";
        engine.scheduler()
                .pause(
                        switch (mode) {
                            case "abort" -> Scheduler.Pause.ABORT;
                            case "retract", "in_place" -> Scheduler.Pause.KEEP;
                            default -> throw Refusal.malformed("mode must be abort, retract or in_place, was " + mode);
                        });
        Exchange.send(response, Json.object().put("status", "ok").put("message", "Generation paused."));
    }

    private void goOn(ServerRequest request, ServerResponse response) {
        engine.scheduler().resume();
        Exchange.send(response, Json.object().put("status", "ok").put("message", "Generation continued."));
    }

    private void update(ServerRequest request, ServerResponse response) {
        JsonNode body = Exchange.tree(request);
        String problem = update(body);
        if (problem != null) {
            response.status(400);
        }
        Exchange.send(
                response,
                Json.object()
                        .put("success", problem == null)
                        .put("message", problem == null ? "Succeeded to update model weights." : problem));
    }

    /** @return why nothing was changed; null when it was */
    private @Nullable String update(JsonNode body) {
        if (!body.path("model_path").isString()) {
            return "model_path must be a string";
        }
        JsonNode version = body.path("weight_version");
        if (!version.isString() || version.stringValue().isEmpty()) {
            return "weight_version must be a string";
        }
        if (!engine.settings().policy()) {
            return "this engine plays a script and has no weights: start it with --policy true";
        }
        try {
            AnswerPolicy policy =
                    AnswerPolicy.read(Path.of(body.path("model_path").stringValue()));
            engine.updateWeights(
                    policy,
                    version.stringValue(),
                    body.path("abort_all_requests").asBoolean(false));
            return null;
        } catch (BadRecordException | IOException | InvalidPathException e) {
            return "cannot load " + body.path("model_path").stringValue() + ": " + e;
        }
    }
}
