package io.millrace.sandbox.engine.vllm;

import static java.util.Objects.requireNonNullElse;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.sandbox.engine.http.Exchange;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.SamplingOptions;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads the bodies of {@code /inference/v1/generate} and {@code /v1/completions}. Unknown fields are passed over, as vLLM
 * does. Stateless.
 */
final class VllmRequest {
    private static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");

    static final String CHAT_ID = "chatcmpl-";

    /** Behind the id of a completion, for its first and only sample. */
    private static final String FIRST_SAMPLE = "-0";

    private VllmRequest() {}

    private record Generate(
            @Nullable String requestId,
            @Nullable String model,
            int @Nullable [] tokenIds,
            @Nullable VllmSampling samplingParams,
            @Nullable Boolean stream) {}

    private record Completion(
            @Nullable String requestId,
            @Nullable String model,
            @Nullable JsonNode prompt,
            @Nullable Boolean stream) {}

    /**
     * @param json its body
     * @throws Refusal in vLLM's words
     */
    static GenerateRequest generate(ServerRequest request, byte[] json, EngineSettings settings) {
        Generate body = read(json, Generate.class);
        checkModel(body.model, settings);
        if (body.samplingParams == null) {
            throw VllmErrors.missing("sampling_params");
        }
        if (body.tokenIds == null) {
            throw VllmErrors.missing("token_ids");
        }
        if (body.tokenIds.length == 0) {
            throw VllmErrors.field(
                    "too_short",
                    "token_ids",
                    "List should have at least 1 item after validation, not 0",
                    "<list of 0 items>");
        }
        checkStream(body.stream);
        int room = settings.contextLengthTokens() - body.tokenIds.length;
        if (room <= 0) {
            String more = room == 0 ? " plus the number of requested output tokens (at least 1)" : "";
            throw Refusal.invalid("The decoder prompt (length " + body.tokenIds.length + ")" + more
                    + " is longer than the maximum model length of " + settings.contextLengthTokens()
                    + ". Make sure that `max_model_len` is no smaller than the number of text tokens"
                    + (room == 0 ? " (prompt + requested output tokens)." : "."));
        }
        String rid = id(request, body.requestId);
        return request(rid, VllmRoutes.GENERATE_ID + rid, body.tokenIds, body.samplingParams, room);
    }

    /**
     * @param json its body
     * @throws Refusal in vLLM's words
     */
    static GenerateRequest completion(ServerRequest request, byte[] json, EngineSettings settings) {
        Completion body = read(json, Completion.class);
        VllmSampling sampling = read(json, VllmSampling.class);
        checkModel(body.model, settings);
        checkStream(body.stream);
        int[] prompt = prompt(body.prompt);
        int context = settings.contextLengthTokens();
        int room = context - prompt.length;
        if (room < 0) {
            throw VllmErrors.parameter(
                    "This model's maximum context length is " + context + " tokens. However, your prompt contains at"
                            + " least " + prompt.length + " input tokens, which exceeds this limit even without any"
                            + " output tokens. Please reduce the length of the input prompt.",
                    "input_tokens",
                    prompt.length);
        }
        int asked = requireNonNullElse(sampling.maxTokens(), 1);
        if (asked > context) {
            throw VllmErrors.parameter(
                    "max_tokens=" + asked + " cannot be greater than max_model_len=" + context
                            + ". Please request fewer output tokens.",
                    "max_tokens",
                    asked);
        }
        if (room == 0) {
            throw VllmErrors.parameter("max_tokens must be at least 1, got 0.", "max_tokens", 0);
        }
        String rid = id(request, body.requestId);
        return request(rid, VllmRoutes.COMPLETION_ID + rid + FIRST_SAMPLE, prompt, sampling, room);
    }

    private record Chat(
            @Nullable String requestId,
            @Nullable String model,
            @Nullable JsonNode messages,
            @Nullable Boolean stream) {}

    /** Of {@code /v1/chat/completions}: the messages' contents, a line each. */
    static GenerateRequest chat(ServerRequest request, byte[] json, EngineSettings settings) {
        Chat body = read(json, Chat.class);
        VllmSampling sampling = read(json, VllmSampling.class);
        checkModel(body.model, settings);
        checkStream(body.stream);
        if (body.messages == null || !body.messages.isArray() || body.messages.isEmpty()) {
            throw VllmErrors.missing("messages");
        }
        List<String> contents = new ArrayList<>();
        body.messages.forEach(message -> contents.add(
                message.path("content").isString()
                        ? message.path("content").stringValue()
                        : message.path("content").toString()));
        int[] prompt = ToyTokenizer.encode(String.join("\n", contents));
        int room = settings.contextLengthTokens() - prompt.length;
        if (room < 1) {
            throw VllmErrors.parameter("the messages are too long", "input_tokens", prompt.length);
        }
        String rid = id(request, body.requestId);
        return request(rid, CHAT_ID + rid, prompt, sampling, room);
    }

    private static int[] prompt(@Nullable JsonNode prompt) {
        if (prompt == null || prompt.isNull()) {
            throw VllmErrors.missing("prompt");
        }
        int[] ids;
        if (prompt.isString()) {
            ids = ToyTokenizer.encode(prompt.stringValue());
        } else if (prompt.isArray() && (prompt.isEmpty() || prompt.get(0).isInt())) {
            ids = read(prompt, int[].class);
        } else if (prompt.isArray()) {
            throw Refusal.invalid("several prompts are not supported by the stand-in engine");
        } else {
            throw VllmErrors.field("list_type", "prompt", "Input should be a valid list", prompt.toString());
        }
        if (ids.length == 0) {
            throw Refusal.invalid("You must pass at least one prompt");
        }
        return ids;
    }

    private static GenerateRequest request(String rid, String ownId, int[] prompt, VllmSampling sampling, int room) {
        for (int token : prompt) {
            if (token < 0) {
                throw VllmErrors.field(
                        "value_error",
                        "token_ids",
                        "Value error, token_ids must not contain negative values",
                        "<list of " + prompt.length + " items>");
            }
            if (token >= ToyTokenizer.VOCABULARY_SIZE) {
                throw Refusal.invalid("Token id " + token + " is out of vocabulary");
            }
        }
        SamplingOptions options = sampling.options(room);
        return new GenerateRequest(
                rid,
                ownId,
                prompt,
                options,
                sampling.logprobs() != null,
                false,
                requireNonNullElse(sampling.routedExpertsPromptStart(), 0));
    }

    /** That of the header goes before that of the body. */
    private static String id(ServerRequest request, @Nullable String asked) {
        String made =
                asked == null ? UUID.randomUUID().toString().replace("-", "").substring(16) : asked;
        return request.headers().first(REQUEST_ID).orElse(made);
    }

    /** @throws Refusal 404 when another model is asked for */
    static void checkModel(@Nullable String model, EngineSettings settings) {
        if (model != null && !model.equals(settings.modelName())) {
            throw VllmErrors.noModel(model, settings.modelName());
        }
    }

    private static void checkStream(@Nullable Boolean stream) {
        if (Boolean.TRUE.equals(stream)) {
            throw Refusal.invalid("stream=true is not supported by the stand-in engine");
        }
    }

    /** The body, or its part that this record has. */
    static <T> T read(byte[] body, Class<T> type) {
        if (body.length == 0) {
            throw VllmErrors.missing("");
        }
        try {
            return Exchange.MAPPER.readValue(body, type);
        } catch (JacksonException e) {
            throw unread(e);
        }
    }

    private static <T> T read(JsonNode tree, Class<T> type) {
        try {
            return Exchange.MAPPER.treeToValue(tree, type);
        } catch (JacksonException e) {
            throw unread(e);
        }
    }

    private static Refusal unread(JacksonException e) {
        String place = Exchange.place(e, ".");
        return VllmErrors.field(
                place.isEmpty() ? "json_invalid" : "value_error",
                place,
                place.isEmpty() ? "JSON decode error" : e.getOriginalMessage(),
                "");
    }
}
