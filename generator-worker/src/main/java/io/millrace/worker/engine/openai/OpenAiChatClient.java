package io.millrace.worker.engine.openai;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.worker.engine.dialect.EngineClient;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.EngineHttp;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Media;
import io.millrace.worker.engine.dialect.TimeLimit;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Any endpoint that speaks OpenAI's chat completions ({@code POST /v1/chat/completions}): messages in, text out. It tells
 * neither tokens nor log-probabilities nor versions, so its samples are of text alone: fit for evaluations and for making
 * data, never for training. What there is of a request cannot be asked for.
 */
public final class OpenAiChatClient implements EngineClient {
    /** Where OpenAI has another name for one of SGLang's, which data sets and settings use. */
    private static final Map<String, String> NAMES = Map.of(SamplingParams.SEED, "seed");

    private static final String MODEL = "model";

    private final EngineHttp http;
    /** By address, what it calls its first model. */
    private final Map<String, String> models = new ConcurrentHashMap<>();

    public OpenAiChatClient(EngineHttp http) {
        this.http = http;
    }

    @Override
    public Generation generate(String address, GenerateRequest request, Duration limit)
            throws EngineException, InterruptedException {
        TimeLimit end = http.limit(limit);
        ObjectNode body = body(request);
        if (!body.path(MODEL).isString()) {
            body.put(MODEL, model(address, end));
        }
        String url = address + "/v1/chat/completions";
        JsonNode answer;
        try {
            answer = EngineHttp.json(url, http.post(url, Json.MAPPER.writeValueAsBytes(body), end.left()));
        } catch (EngineException e) {
            if (e.kind() == Kind.UNREACHABLE) {
                // It may come back with another model.
                models.remove(address);
            }
            throw e;
        }
        return generation(url, answer);
    }

    private static Generation generation(String url, JsonNode answer) throws EngineException {
        JsonNode choice = answer.path("choices").path(0);
        JsonNode content = choice.path("message").path("content");
        if (!content.isString() && !content.isNull()) {
            throw new EngineException(Kind.MALFORMED, url + " answered without choices[0].message.content");
        }
        int cached = answer.path("usage")
                .path("prompt_tokens_details")
                .path("cached_tokens")
                .asInt(0);
        Finish finish = choice.path("finish_reason").asString("").equals("length") ? Finish.LENGTH : Finish.STOP;
        return Generation.ofText(content.isString() ? content.stringValue() : "", finish, cached);
    }

    static ObjectNode body(GenerateRequest request) throws EngineException {
        SamplingParams params = request.samplingParams();
        if (!params.answerTensors().isEmpty()) {
            throw new EngineException(
                    Kind.REFUSED,
                    "a chat endpoint answers with no tensors (--answer-tensors): " + params.answerTensors());
        }
        ObjectNode body = Json.object();
        for (Map.Entry<String, JsonNode> extra : params.extra().properties()) {
            body.set(NAMES.getOrDefault(extra.getKey(), extra.getKey()), extra.getValue());
        }
        body.put("temperature", params.temperature())
                .put("top_p", params.topP())
                .put("max_tokens", params.maxNewTokens());
        // Not OpenAI's own: sent where they are asked for, so that an endpoint without them refuses instead of passing
        // over.
        if (params.topK() > 0) {
            body.put("top_k", params.topK());
        }
        if (!params.stopTokenIds().isEmpty()) {
            body.set("stop_token_ids", Json.MAPPER.valueToTree(params.stopTokenIds()));
        }
        if (!params.stop().isEmpty()) {
            body.set("stop", Json.MAPPER.valueToTree(params.stop()));
        }
        body.put("stream", false);
        messages(body.putArray("messages"), request.prompt());
        media(body, request.media());
        return body;
    }

    private static void messages(ArrayNode messages, @Nullable Prompt prompt) throws EngineException {
        switch (prompt) {
            case Prompt.Text text -> message(messages, "user", text.text());
            case Prompt.Messages chat -> {
                for (ChatMessage message : chat.messages()) {
                    message(messages, message.role(), message.content());
                }
            }
            case Prompt.TokenIds _ ->
                throw new EngineException(
                        Kind.REFUSED, "a prompt of token ids cannot go to a chat endpoint, which takes messages");
            case null -> throw new EngineException(Kind.REFUSED, "a chat endpoint goes on behind no tokens");
        }
    }

    /** Images go into the last message, before its text; other media have no common form. */
    private static void media(ObjectNode body, Media media) throws EngineException {
        if (media.isEmpty()) {
            return;
        }
        if (!media.videos().isEmpty() || !media.audio().isEmpty()) {
            throw new EngineException(Kind.REFUSED, "a chat endpoint takes images, no videos and no audio");
        }
        ArrayNode messages = (ArrayNode) body.path("messages");
        ObjectNode last = (ObjectNode) messages.get(messages.size() - 1);
        String text = last.path("content").asString("");
        ArrayNode parts = last.putArray("content");
        for (JsonNode image : media.images()) {
            parts.addObject().put("type", "image_url").putObject("image_url").set("url", image);
        }
        parts.addObject().put("type", "text").put("text", text);
    }

    private static void message(ArrayNode messages, String role, String content) {
        messages.addObject().put("role", role).put("content", content);
    }

    /** What an endpoint calls its first model; it is asked once. */
    private String model(String address, TimeLimit end) throws EngineException, InterruptedException {
        String known = models.get(address);
        if (known != null) {
            return known;
        }
        String url = address + "/v1/models";
        byte[] answer = http.getIfThere(url, end.left());
        String model = answer == null
                ? ""
                : EngineHttp.json(url, answer).path("data").path(0).path("id").asString("");
        if (model.isEmpty()) {
            throw new EngineException(
                    Kind.REFUSED, url + " names no model: name it by --sampling-param model=NAME of the producer");
        }
        models.put(address, model);
        return model;
    }

    @Override
    public int[] tokenize(String address, String text, Duration limit) throws EngineException {
        throw new EngineException(Kind.REFUSED, "a chat endpoint tokenizes nothing");
    }

    @Override
    public int[] render(String address, ObjectNode chat, Duration limit) throws EngineException {
        throw new EngineException(Kind.REFUSED, "a chat endpoint renders nothing");
    }

    /** It has no way to be told; the request runs to its end. */
    @Override
    public void abort(String address, String rid, Duration limit) {}

    /** None; that it answers says that it is there. */
    @Override
    public @Nullable String weightVersion(String address, Duration limit) throws EngineException, InterruptedException {
        var _ = http.getIfThere(address + "/v1/models", limit);
        return null;
    }
}
