package io.millrace.sandbox.engine.sglang;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.Completion;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.FinishReason;
import io.millrace.sandbox.engine.model.LogProbs;
import io.millrace.sandbox.engine.model.RoutedExperts;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Generation;
import java.io.ByteArrayOutputStream;
import tools.jackson.core.JsonGenerator;

/** The answer of /generate as JSON bytes, field by field as SGLang names them; written in one pass without a tree. */
final class GenerationWriter {
    private GenerationWriter() {}

    static byte[] write(Generation generation, EngineSettings settings) {
        EngineSettings.VersionShape shape = settings.versionShape();
        GenerateRequest request = generation.request();
        Completion completion = generation.completion();
        ByteArrayOutputStream out = new ByteArrayOutputStream(512 + completion.tokens() * 40);
        try (JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringProperty("text", completion.text(request.sampling().skipSpecialTokens()));
            json.writeName("output_ids");
            json.writeArray(completion.outputIds(), 0, completion.tokens());
            json.writeObjectPropertyStart("meta_info");
            json.writeStringProperty("id", request.rid());
            writeFinishReason(json, completion.finish());
            json.writeNumberProperty("prompt_tokens", request.inputIds().length);
            writeVersions(json, generation, shape);
            if (request.returnLogProbs()) {
                writeLogProbs(json, completion, request.returnTextInLogProbs());
            }
            if (request.expertsFrom() >= 0 && settings.expertLayers() > 0) {
                json.writeNumberProperty("routed_experts_start_len", request.expertsFrom());
                json.writeName("routed_experts");
                json.writeBinary(RoutedExperts.int32(
                        request.inputIds(),
                        completion.outputIds(),
                        request.expertsFrom(),
                        generation.weightVersion(),
                        settings));
            }
            json.writeNumberProperty("completion_tokens", completion.tokens());
            json.writeNumberProperty("cached_tokens", 0);
            json.writeNumberProperty("e2e_latency", generation.latencySeconds());
            json.writeEndObject();
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static void writeVersions(JsonGenerator json, Generation generation, EngineSettings.VersionShape shape) {
        if (shape.compareTo(EngineSettings.VersionShape.SCALAR) <= 0) {
            json.writeStringProperty("weight_version", generation.weightVersion());
        }
        if (shape == EngineSettings.VersionShape.SPANS) {
            json.writePOJOProperty("weight_versions", generation.spans());
        }
    }

    private static void writeFinishReason(JsonGenerator json, FinishReason finish) {
        json.writeObjectPropertyStart("finish_reason");
        switch (finish) {
            case FinishReason.StopToken(int id) -> {
                json.writeStringProperty("type", "stop");
                json.writeNumberProperty("matched", id);
            }
            case FinishReason.StopString(String matched) -> {
                json.writeStringProperty("type", "stop");
                json.writeStringProperty("matched", matched);
            }
            case FinishReason.Length(int tokens) -> {
                json.writeStringProperty("type", "length");
                json.writeNumberProperty("length", tokens);
            }
            case FinishReason.Abort(String message) -> {
                json.writeStringProperty("type", "abort");
                json.writeStringProperty("message", message);
                json.writeNullProperty("status_code");
                json.writeNullProperty("err_type");
            }
        }
        json.writeEndObject();
    }

    private static void writeLogProbs(JsonGenerator json, Completion completion, boolean withText) {
        int[] ids = completion.outputIds();
        float[] exact = completion.trueLogProbs();
        json.writeArrayPropertyStart("output_token_logprobs");
        for (int i = 0; i < ids.length; i++) {
            json.writeStartArray();
            if (exact == null) {
                json.writeRawValue(LogProbs.json(completion.logProbIndexes()[i]));
            } else {
                json.writeNumber(exact[i]);
            }
            json.writeNumber(ids[i]);
            if (withText) {
                json.writeString(ToyTokenizer.decode(ids, i, i + 1, false));
            } else {
                json.writeNull();
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeNumberProperty("output_token_logprobs_length", ids.length);
    }
}
