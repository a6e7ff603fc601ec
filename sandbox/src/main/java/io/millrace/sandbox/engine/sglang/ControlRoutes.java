package io.millrace.sandbox.engine.sglang;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.json.Json;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.runtime.Engine;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Health, information, weight versions and load; the shapes are SGLang's. */
public record ControlRoutes(Engine engine, WallClock wallClock) implements HttpService {
    private static final String VERSION = "millrace-standin";
    private static final Set<String> LOAD_SECTIONS =
            Set.of("core", "memory", "spec", "lora", "disagg", "queues", "all");

    @Override
    public void routing(HttpRules rules) {
        rules.get("/health", (_, response) -> response.send())
                .get("/health_generate", (_, response) -> response.send())
                .get("/model_info", this::modelInfo)
                .get("/get_model_info", this::modelInfo)
                .get("/server_info", this::serverInfo)
                .get("/get_server_info", this::serverInfo)
                .get("/get_weight_version", this::weightVersion)
                .post("/update_weight_version", this::updateWeightVersion)
                .get("/v1/loads", this::loads);
    }

    private void modelInfo(ServerRequest request, ServerResponse response) {
        ObjectNode info = modelNames().put("is_generation", true).putNull("preferred_sampling_params");
        if (tellsVersion()) {
            info.put("weight_version", engine.weightVersion());
        }
        Exchange.send(response, info);
    }

    private void serverInfo(ServerRequest request, ServerResponse response) {
        EngineSettings settings = engine.settings();
        ObjectNode info = modelNames()
                .put("served_model_name", settings.modelName())
                .put("host", settings.host())
                .put("context_length", settings.contextLengthTokens())
                .put("max_running_requests", settings.maxRunning())
                .put("max_queued_requests", settings.maxQueued())
                .put("random_seed", settings.seed())
                .put("weight_version", tellsVersion() ? engine.weightVersion() : null)
                .put("version", VERSION);
        info.putArray("internal_states")
                .addObject()
                .put("last_gen_throughput", engine.counters().throughput.tokensPerSecond());
        Exchange.send(response, info);
    }

    private ObjectNode modelNames() {
        String name = engine.settings().modelName();
        return Json.object().put("model_path", name).put("tokenizer_path", name);
    }

    private boolean tellsVersion() {
        return engine.settings().versionShape() != EngineSettings.VersionShape.NONE;
    }

    private void weightVersion(ServerRequest request, ServerResponse response) {
        if (!tellsVersion()) {
            response.status(404).send();
            return;
        }
        Exchange.send(response, Json.object().put("weight_version", engine.weightVersion()));
    }

    private void updateWeightVersion(ServerRequest request, ServerResponse response) {
        JsonNode body = Exchange.tree(request);
        JsonNode version = body.path("new_version");
        if (!version.isString() || version.stringValue().isEmpty()) {
            throw Refusal.malformed("new_version must be a string");
        }
        engine.updateWeightVersion(
                version.stringValue(), body.path("abort_all_requests").asBoolean(true));
        Exchange.send(
                response,
                Json.object()
                        .put("success", true)
                        .put("message", "Weight version updated to " + version.stringValue())
                        .put("new_version", version.stringValue()));
    }

    private void loads(ServerRequest request, ServerResponse response) {
        Set<String> sections = Set.copyOf(
                Arrays.asList(request.query().first("include").orElse("all").split(",")));
        if (!LOAD_SECTIONS.containsAll(sections)) {
            throw Refusal.malformed("include must be a list of " + LOAD_SECTIONS + ", was " + sections);
        }
        EngineSettings settings = engine.settings();
        int running = engine.scheduler().runningCount();
        int waiting = engine.scheduler().waitingCount();
        long used = engine.counters().tokensInUse.get();
        long capacity = (long) settings.maxRunning() * settings.contextLengthTokens();
        ObjectNode answer = Json.object()
                .put("timestamp", Instant.ofEpochMilli(wallClock.millis()).toString())
                .put("version", VERSION)
                .putNull("accelerator")
                .put("num_accelerators", 0);
        ObjectNode load = answer.putArray("loads")
                .addObject()
                .put("dp_rank", 0)
                .put("timestamp", wallClock.millis() / 1e3)
                .put("num_running_reqs", running)
                .put("num_waiting_reqs", waiting)
                .put("num_used_tokens", used)
                .put("num_total_tokens", used)
                .put("max_total_num_tokens", capacity)
                .put("token_usage", used / (double) capacity)
                .put("gen_throughput", engine.counters().throughput.tokensPerSecond())
                .put("cache_hit_rate", 0.0)
                .put("utilization", running / (double) settings.maxRunning())
                .put("max_running_requests", settings.maxRunning());
        if (sections.contains("all") || sections.contains("queues")) {
            load.putObject("queues")
                    .put("waiting", waiting)
                    .put("grammar", 0)
                    .put("paused", 0)
                    .put("retracted", 0);
        }
        Exchange.send(response, answer);
    }
}
