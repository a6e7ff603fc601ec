package io.millrace.worker.engine.vllm;

import io.millrace.common.json.Json;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Generation.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the answers of {@code /inference/v1/generate} and {@code /v1/completions}, which differ in where the
 * log-probabilities stand, in one pass: the arrays of a long answer become primitive arrays without a tree. One instance an
 * answer.
 */
final class VllmAnswer {
    private int choices;
    private @Nullable String text;
    private @Nullable Finish finish;
    private boolean stoppedByString;
    private int stopTokenId = -1;
    private int cachedTokens;
    private int completionTokens = -1;
    private final List<Span> spans = new ArrayList<>();
    private int[] tokens = new int[0];
    private float[] logProbs = new float[0];
    /** Those of the log-probabilities, which say them again; empty where they do not. */
    private int[] named = new int[0];

    private boolean hasTokens;
    private boolean hasLogProbs;
    private final boolean asksExperts;
    private int promptTokens = -1;
    private byte @Nullable [] experts;

    private VllmAnswer(boolean asksExperts) {
        this.asksExperts = asksExperts;
    }

    /**
     * @param asksExperts whether {@code routed_experts} are read
     * @throws IllegalArgumentException when a part is missing or contradicts another
     * @throws tools.jackson.core.JacksonException when the bytes are no JSON
     */
    static VllmAnswer parse(byte[] bytes, boolean asksExperts) {
        VllmAnswer answer = new VllmAnswer(asksExperts);
        try (JsonParser json = Json.MAPPER.createParser(bytes)) {
            answer.read(json);
        }
        answer.check();
        return answer;
    }

    /** Null from the endpoint that answers without text. */
    @Nullable
    String text() {
        return text;
    }

    Finish finish() {
        return finish == null ? Finish.ABORT : finish;
    }

    /** The token that ended it; -1 when it ended by a string or otherwise, or at the model's own end of sequence. */
    int stopTokenId() {
        return stopTokenId;
    }

    boolean stoppedByString() {
        return stoppedByString;
    }

    int[] tokens() {
        return tokens;
    }

    float[] logProbs() {
        return logProbs;
    }

    int cachedTokens() {
        return cachedTokens;
    }

    /** In the engine's words; empty from the endpoint that tells none. */
    List<Span> spans() {
        return spans;
    }

    /** Of the prompt; -1 where the answer does not tell. */
    int promptTokens() {
        return promptTokens;
    }

    /** As NumPy saves them; null where there are none. */
    byte @Nullable [] experts() {
        return experts;
    }

    private void check() {
        if (choices != 1) {
            throw new IllegalArgumentException("the answer has " + choices + " choices, one was asked for");
        }
        if (finish == null || !hasTokens || !hasLogProbs) {
            throw new IllegalArgumentException(
                    (finish == null ? "finish_reason" : hasTokens ? "logprobs" : "token_ids") + " is missing");
        }
        if (tokens.length != logProbs.length || (completionTokens >= 0 && completionTokens != tokens.length)) {
            throw new IllegalArgumentException("token_ids has " + tokens.length + " tokens, logprobs " + logProbs.length
                    + ", usage.completion_tokens is " + completionTokens);
        }
        if (named.length > 0 && !Arrays.equals(named, tokens)) {
            throw new IllegalArgumentException("logprobs are of other tokens than token_ids");
        }
    }

    private interface Field {
        void read(String name, JsonToken value);
    }

    /** Calls for each field of the object that the parser stands at; what is not read is skipped. */
    private static void fields(JsonParser json, String what, Field field) {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new IllegalArgumentException(what + " is no object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            field.read(name, json.nextToken());
            // After a value that was read there is nothing to skip.
            json.skipChildren();
        }
    }

    private static void startArray(JsonParser json, String what) {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new IllegalArgumentException(what + " is no array");
        }
    }

    private static void items(JsonParser json, String what, Runnable item) {
        startArray(json, what);
        while (json.nextToken() != JsonToken.END_ARRAY) {
            item.run();
        }
    }

    private void read(JsonParser json) {
        json.nextToken();
        fields(json, "the answer", (name, value) -> {
            switch (name) {
                case "choices" -> items(json, name, () -> readChoice(json));
                case "usage" -> readUsage(json);
                default -> {}
            }
        });
    }

    private void readUsage(JsonParser json) {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        fields(json, "usage", (name, value) -> {
            if (name.equals("completion_tokens")) {
                completionTokens = json.getValueAsInt(-1);
            } else if (name.equals("prompt_tokens")) {
                promptTokens = json.getValueAsInt(-1);
            } else if (name.equals("prompt_tokens_details") && value == JsonToken.START_OBJECT) {
                fields(json, name, (detail, number) -> {
                    cachedTokens = detail.equals("cached_tokens") ? json.getValueAsInt() : cachedTokens;
                });
            }
        });
    }

    private void readChoice(JsonParser json) {
        choices++;
        fields(json, "a choice", (name, value) -> {
            if (value == JsonToken.VALUE_NULL) {
                return;
            }
            switch (name) {
                case "text" -> text = json.getValueAsString();
                case "finish_reason" -> finish = finish(json.getValueAsString(""));
                case "stop_reason" -> readStopReason(json, value);
                case "token_ids" -> {
                    tokens = readTokens(json, name);
                    hasTokens = true;
                }
                case "weight_versions" -> items(json, name, () -> readSpan(json));
                case "logprobs" -> readLogProbs(json);
                case "routed_experts" -> experts = asksExperts ? json.getBinaryValue() : null;
                default -> {}
            }
        });
    }

    private static Finish finish(String word) {
        return switch (word) {
            case "stop" -> Finish.STOP;
            case "length" -> Finish.LENGTH;
            case "abort" -> Finish.ABORT;
            default -> throw new IllegalArgumentException("finish_reason is '" + word + "'");
        };
    }

    private void readStopReason(JsonParser json, JsonToken value) {
        if (value == JsonToken.VALUE_NUMBER_INT) {
            stopTokenId = json.getIntValue();
        } else {
            stoppedByString = value == JsonToken.VALUE_STRING;
        }
    }

    private static int[] readTokens(JsonParser json, String what) {
        startArray(json, what);
        int[] ids = new int[64];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            ids = count == ids.length ? Arrays.copyOf(ids, count * 2) : ids;
            ids[count++] = tokenId(json, what);
        }
        return Arrays.copyOf(ids, count);
    }

    private static int tokenId(JsonParser json, String what) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getIntValue() < 0) {
            throw new IllegalArgumentException(what + " has " + json.getValueAsString() + " for a token id");
        }
        return json.getIntValue();
    }

    /** {@code token_logprobs} of completions, {@code content} of the other endpoint. */
    private void readLogProbs(JsonParser json) {
        fields(json, "logprobs", (name, value) -> {
            if (name.equals("token_logprobs") || name.equals("content")) {
                startArray(json, name);
                hasLogProbs = true;
                int count = 0;
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    logProbs = count < logProbs.length ? logProbs : Arrays.copyOf(logProbs, Math.max(64, count * 2));
                    logProbs[count] = name.equals("content") ? readNamed(json, count) : logProb(json);
                    count++;
                }
                logProbs = Arrays.copyOf(logProbs, count);
                named = Arrays.copyOf(named, Math.min(named.length, count));
            }
        });
    }

    /** {@code {"token_id": 7, "logprob": -0.06, ...}}; earlier versions have no token_id. */
    private float readNamed(JsonParser json, int index) {
        float[] read = {Float.NaN};
        fields(json, "logprobs.content", (name, value) -> {
            if (name.equals("logprob")) {
                read[0] = logProb(json);
            } else if (name.equals("token_id") && value != JsonToken.VALUE_NULL) {
                named = index < named.length ? named : Arrays.copyOf(named, Math.max(64, index * 2));
                named[index] = tokenId(json, "logprobs.content");
            }
        });
        return read[0];
    }

    private static float logProb(JsonParser json) {
        return json.currentToken().isNumeric() ? json.getFloatValue() : Float.NaN;
    }

    private void readSpan(JsonParser json) {
        String[] version = {null};
        int[] ends = {-1, -1};
        fields(json, "a span of weight_versions", (name, value) -> {
            switch (name) {
                case "version" -> version[0] = json.getValueAsString();
                case "start" -> ends[0] = json.getValueAsInt(-1);
                case "end" -> ends[1] = json.getValueAsInt(-1);
                default -> {}
            }
        });
        if (version[0] == null) {
            throw new IllegalArgumentException("weight_versions has a span without version");
        }
        spans.add(new Span(version[0], ends[0], ends[1]));
    }
}
