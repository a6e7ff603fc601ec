package io.millrace.worker.engine.vllm;

import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.worker.engine.dialect.GenerateRequest;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bodies of requests. Every sampling parameter is said: a server otherwise takes those of the model's {@code
 * generation_config.json}, and 16 for the most tokens.
 */
final class VllmRequests {
    /** Where vLLM has another name for one of SGLang's, which data sets and settings use. */
    private static final Map<String, String> NAMES =
            Map.of("min_new_tokens", "min_tokens", "sampling_seed", "seed", "max_new_tokens", "max_tokens");

    private VllmRequests() {}

    /** For {@code /inference/v1/generate}: tokens in, tokens out. */
    static byte[] generate(GenerateRequest request) {
        ObjectNode body = Json.object()
                .put("request_id", request.rid())
                .put("priority", request.precedence())
                .put("stream", false);
        body.putPOJO("token_ids", request.inputIds());
        body.set("sampling_params", sampling(request));
        return Json.MAPPER.writeValueAsBytes(body);
    }

    /** For {@code /v1/completions}. */
    static byte[] completion(GenerateRequest request) {
        ObjectNode body = sampling(request)
                .put("request_id", request.rid())
                .put("priority", request.precedence())
                .put("stream", false)
                .put("n", 1)
                .put("return_token_ids", true);
        body.putPOJO("prompt", request.inputIds() == null ? request.text() : request.inputIds());
        return Json.MAPPER.writeValueAsBytes(body);
    }

    private static ObjectNode sampling(GenerateRequest request) {
        SamplingParams params = request.samplingParams();
        ObjectNode json = Json.object()
                .put("min_p", 0.0)
                .put("repetition_penalty", 1.0)
                .put("presence_penalty", 0.0)
                .put("frequency_penalty", 0.0);
        for (Map.Entry<String, JsonNode> extra : params.extra().properties()) {
            json.set(NAMES.getOrDefault(extra.getKey(), extra.getKey()), extra.getValue());
        }
        JsonNode least = json.path("min_tokens");
        if (least.isIntegralNumber()) {
            // The least length is the whole sample's too.
            json.put("min_tokens", Math.max(0, least.longValue() - request.begunTokens()));
        }
        json.put("temperature", params.temperature())
                .put("top_p", params.topP())
                .put("top_k", params.topK())
                .put("max_tokens", request.maxNewTokens())
                .put("logprobs", 0)
                .put("skip_special_tokens", params.skipSpecialTokens())
                .put("spaces_between_special_tokens", false)
                .put("include_stop_str_in_output", true);
        if (request.tensorRows() > 0) {
            json.put("routed_experts_prompt_start", request.tensorRows());
        }
        json.set("stop", Json.MAPPER.valueToTree(params.stop()));
        json.set("stop_token_ids", Json.MAPPER.valueToTree(params.stopTokenIds()));
        return json;
    }
}
