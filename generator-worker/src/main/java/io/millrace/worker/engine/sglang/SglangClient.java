package io.millrace.worker.engine.sglang;

import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.Gateway;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.TensorPiece;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * SGLang's native HTTP dialect, as slime speaks it (slime/rollout/sglang_rollout.py): {@code POST /generate} with token
 * ids or text in, token ids and log-probabilities out, no streaming.
 */
public final class SglangClient implements EngineClient {
    /** Where engines tell their version, newest name first. */
    private static final List<String> VERSION_PATHS = List.of("/get_weight_version", "/model_info", "/get_model_info");

    /** What SGLang's gateway hashes under its policy consistent_hashing. */
    private static final String ROUTING_KEY = "X-SMG-Routing-Key";

    private static final String TOKENIZE = "/tokenize";

    private static final String MIN_NEW_TOKENS = "min_new_tokens";

    private final EngineHttp http;
    private final Gateway gateway;

    public SglangClient(EngineHttp http) {
        this.http = http;
        this.gateway = new Gateway(http);
    }

    @Override
    public Generation generate(String address, GenerateRequest request, Duration limit)
            throws EngineException, InterruptedException {
        byte[] answer = http.post(address + "/generate", body(request), Map.of(ROUTING_KEY, request.session()), limit);
        try {
            return SglangAnswer.parse(answer, request.samplingParams().answerTensors());
        } catch (JacksonException | IllegalArgumentException e) {
            throw new EngineException(
                    Kind.MALFORMED, address + " answered what is no generation: " + e.getMessage(), null, e);
        }
    }

    @Override
    public int[] tokenize(String address, String text, Duration limit) throws EngineException, InterruptedException {
        return tokens(address, bytes(Json.object().put("prompt", text).put("add_special_tokens", false)), limit);
    }

    private int[] tokens(String address, byte[] body, Duration limit) throws EngineException, InterruptedException {
        byte[] answer = http.postIfThere(address + TOKENIZE, body, limit);
        if (answer != null) {
            return EngineHttp.tokenIds(address + TOKENIZE, answer);
        }
        // A gateway has none of its own; its engines have one tokenizer.
        return http.tokenIds(gateway.engines(address, limit).getFirst() + TOKENIZE, body, limit);
    }

    @Override
    public int[] render(String address, ObjectNode chat, Duration limit) throws EngineException, InterruptedException {
        return tokens(address, bytes(chat.deepCopy().put("add_special_tokens", false)), limit);
    }

    @Override
    public void abort(String address, String rid, Duration limit) throws EngineException, InterruptedException {
        byte[] body = bytes(Json.object().put("rid", rid));
        gateway.each(address, limit, engine -> {
            var _ = http.post(engine + "/abort_request", body, limit);
        });
    }

    @Override
    public @Nullable String weightVersion(String address, Duration limit) throws EngineException, InterruptedException {
        return gateway.oldestVersion(address, limit, engine -> versionOf(engine, limit));
    }

    private @Nullable String versionOf(String address, Duration limit) throws EngineException, InterruptedException {
        for (String path : VERSION_PATHS) {
            String url = address + path;
            byte[] answer = http.getIfThere(url, limit);
            if (answer != null) {
                JsonNode version = EngineHttp.json(url, answer).path("weight_version");
                if (version.isString() || version.isNumber()) {
                    return version.asString();
                }
            }
        }
        return null;
    }

    private static byte[] bytes(ObjectNode json) {
        return Json.MAPPER.writeValueAsBytes(json);
    }

    static byte[] body(GenerateRequest request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringProperty("rid", request.rid());
            int[] inputIds = request.inputIds();
            if (inputIds != null) {
                json.writeName("input_ids");
                json.writeArray(inputIds, 0, inputIds.length);
            } else {
                json.writeStringProperty("text", request.text());
            }
            media(json, "image_data", request.media().images());
            media(json, "video_data", request.media().videos());
            media(json, "audio_data", request.media().audio());
            json.writeName("sampling_params");
            writeParams(json, request);
            json.writeBooleanProperty("return_logprob", true);
            for (String tensor : request.samplingParams().answerTensors()) {
                json.writeBooleanProperty("return_" + tensor, true);
                if (request.tensorRows() > 0 && TensorPiece.isOfTokens(tensor)) {
                    json.writeNumberProperty(tensor + "_start_len", request.tensorRows());
                }
            }
            json.writeBooleanProperty("stream", false);
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void media(JsonGenerator json, String name, List<JsonNode> items) {
        if (!items.isEmpty()) {
            json.writePOJOProperty(name, items);
        }
    }

    private static void writeParams(JsonGenerator json, GenerateRequest request) {
        SamplingParams params = request.samplingParams();
        json.writeStartObject();
        // First, so that ours win where a reader takes the last of equal names.
        params.extra().properties().forEach(entry -> {
            json.writeName(entry.getKey());
            json.writePOJO(extra(entry.getKey(), entry.getValue(), request.begunTokens()));
        });
        json.writeNumberProperty("temperature", params.temperature());
        json.writeNumberProperty("top_p", params.topP());
        json.writeNumberProperty("top_k", params.topK());
        json.writeNumberProperty("max_new_tokens", request.maxNewTokens());
        if (!params.stop().isEmpty()) {
            json.writePOJOProperty("stop", params.stop());
        }
        if (!params.stopTokenIds().isEmpty()) {
            json.writePOJOProperty("stop_token_ids", params.stopTokenIds());
        }
        json.writeBooleanProperty("skip_special_tokens", params.skipSpecialTokens());
        json.writeBooleanProperty("no_stop_trim", true);
        json.writeBooleanProperty("spaces_between_special_tokens", false);
        json.writeEndObject();
    }

    /** The least length is the whole sample's too. */
    private static Object extra(String name, JsonNode value, int begunTokens) {
        return name.equals(MIN_NEW_TOKENS) && value.isIntegralNumber()
                ? Math.max(0, value.longValue() - begunTokens)
                : value;
    }
}
