package io.millrace.sandbox.engine.vllm;

import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.Refusal;
import io.millrace.sandbox.engine.runtime.Scheduler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Health, models, weight versions and pausing, as vLLM has them with {@code VLLM_SERVER_DEV_MODE=1}. */
public record VllmControlRoutes(Engine engine, WallClock wallClock) implements HttpService {
    private record Version(String version) {}

    private record Load(int serverLoad) {}

    private record WeightInfo(String weightVersion) {}

    private record NewVersion(@Nullable String newVersion) {}

    private record Updated(boolean success, String newVersion) {}

    private record Status(String status) {}

    private record Paused(boolean isPaused) {}

    private record Success(boolean success) {}

    private record Models(String object, List<Model> data) {}

    private record Model(String id, String object, long created, String ownedBy, String root, int maxModelLen) {}

    @Override
    public void routing(HttpRules rules) {
        rules.get("/health", (_, response) -> response.send())
                .get("/ping", (_, response) -> response.send())
                .get("/version", says(new Version("millrace-standin")))
                // vLLM says 0 unless it is started to count.
                .get("/load", says(new Load(0)))
                .get("/v1/models", this::models)
                .get("/weight_info", this::weightInfo)
                .post("/update_weight_version", this::updateWeightVersion)
                .post("/reset_prefix_cache", says(new Success(true)))
                .post("/pause", this::pause)
                .post("/resume", this::resume)
                .get(
                        "/is_paused",
                        (_, response) -> Exchange.send(
                                response, new Paused(engine.scheduler().paused())));
    }

    private static Handler says(Object answer) {
        return (_, response) -> Exchange.send(response, answer);
    }

    private void models(ServerRequest request, ServerResponse response) {
        EngineSettings settings = engine.settings();
        String name = settings.modelName();
        long created = wallClock.millis() / 1000;
        Exchange.send(
                response,
                new Models(
                        "list",
                        List.of(new Model(name, "model", created, "vllm", name, settings.contextLengthTokens()))));
    }

    private void weightInfo(ServerRequest request, ServerResponse response) {
        if (engine.settings().versionShape() == EngineSettings.VersionShape.NONE) {
            throw Refusal.ofHttp(404, null);
        }
        Exchange.send(response, new WeightInfo(engine.weightVersion()));
    }

    private void updateWeightVersion(ServerRequest request, ServerResponse response) {
        String version =
                VllmRequest.read(Exchange.body(request), NewVersion.class).newVersion();
        if (version == null) {
            throw VllmErrors.missing("new_version");
        }
        engine.updateWeightVersion(version, false);
        Exchange.send(response, new Updated(true, version));
    }

    private void pause(ServerRequest request, ServerResponse response) throws InterruptedException {
        String mode = request.query().first("mode").orElse("abort");
        engine.scheduler()
                .pause(
                        switch (mode) {
                            case "abort" -> Scheduler.Pause.ABORT;
                            case "wait" -> Scheduler.Pause.WAIT;
                            case "keep" -> Scheduler.Pause.KEEP;
                            default ->
                                throw new Refusal(
                                        400,
                                        Refusal.Cause.REQUEST,
                                        "1 validation error:\n  {'type': 'literal_error', 'loc': 'query.mode', 'msg': \"Input should be"
                                                + " 'abort', 'wait' or 'keep'\", 'input': '" + mode
                                                + "', 'ctx': {'expected': \"'abort', 'wait' or 'keep'\"}}",
                                        "query.mode");
                        });
        Exchange.send(response, new Status("paused"));
    }

    private void resume(ServerRequest request, ServerResponse response) {
        engine.scheduler().resume();
        Exchange.send(response, new Status("resumed"));
    }
}
