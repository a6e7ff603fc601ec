package io.millrace.worker.engine.sglang;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.SampleHeader.SpecInfo;
import io.millrace.common.rollout.Tensor;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.Generation.Span;
import io.millrace.worker.engine.dialect.TensorPiece;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the answer of SGLang's {@code /generate} in one pass: the arrays of a long answer become primitive arrays
 * without a tree. Tokens and log-probabilities come from {@code meta_info.output_token_logprobs}, as in slime. One
 * instance per answer.
 */
final class SglangAnswer {
    /** Behind a tensor's name, the token of its first row. */
    private static final String START = "_start_len";

    private static final String DTYPE = "I32";

    private @Nullable String text;
    private @Nullable Finish finish;
    private @Nullable String weightVersion;
    private final List<Span> spans = new ArrayList<>();
    private int cachedTokens;
    private int completionTokens = -1;
    private int[] tokens = new int[64];
    private float[] logProbs = new float[64];
    private int count;
    private boolean hasLogProbs;
    private long specAccept;
    private long specDraft;
    private long specVerify;
    private int promptTokens = -1;
    /** Seconds since 1970, by the engine; 0 where it does not tell. */
    private double received;

    private double firstToken;
    private double latency;
    private final List<String> asked;
    /** As they stand in the answer: int32, little-endian. */
    private final Map<String, byte[]> tensors = new TreeMap<>();
    /** By tensor, the token of its first row, where the answer tells. */
    private final Map<String, Integer> starts = new TreeMap<>();

    private SglangAnswer(List<String> asked) {
        this.asked = asked;
    }

    /**
     * @param asked names of tensors in {@code meta_info}, as base64 of int32; one that is not there is left out
     * @throws IllegalArgumentException when a part is missing or contradicts another
     * @throws tools.jackson.core.JacksonException when the bytes are no JSON
     */
    static Generation parse(byte[] bytes, List<String> asked) {
        SglangAnswer answer = new SglangAnswer(asked);
        try (JsonParser json = Json.MAPPER.createParser(bytes)) {
            answer.read(json);
        }
        return answer.generation();
    }

    private Generation generation() {
        if (text == null || finish == null || !hasLogProbs) {
            throw new IllegalArgumentException(
                    "text, meta_info.finish_reason or meta_info.output_token_logprobs is" + " missing");
        }
        if (completionTokens >= 0 && completionTokens != count) {
            throw new IllegalArgumentException(
                    "completion_tokens is " + completionTokens + ", output_token_logprobs has " + count);
        }
        SpecInfo spec = specVerify == 0 ? null : new SpecInfo(specAccept, specDraft, specVerify, count);
        return new Generation(
                text,
                Arrays.copyOf(tokens, count),
                Arrays.copyOf(logProbs, count),
                finish,
                cachedTokens,
                weightVersion,
                spans,
                spec,
                pieces(),
                false,
                sinceFirstToken());
    }

    /** All three by the engine's own clock; without any of them, or with nonsense, it is not known. */
    private @Nullable Double sinceFirstToken() {
        double since = latency - (firstToken - received);
        return received > 0 && firstToken >= received && since >= 0 ? (Double) since : null;
    }

    private List<TensorPiece> pieces() {
        List<TensorPiece> pieces = new ArrayList<>();
        tensors.forEach((name, data) -> {
            if (!TensorPiece.isOfTokens(name)) {
                long values = data.length / Integer.BYTES;
                pieces.add(new TensorPiece(name, new Tensor(DTYPE, new long[] {values}, data), 0));
            } else if (promptTokens < 0) {
                throw new IllegalArgumentException(name + " is there, meta_info.prompt_tokens is missing");
            } else {
                int end = Math.max(0, promptTokens + count - 1);
                pieces.add(TensorPiece.ofTokens(name, DTYPE, data, starts.getOrDefault(name, 0), end));
            }
        });
        return pieces;
    }

    private void read(JsonParser json) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new IllegalArgumentException("the answer is no object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "text" -> text = json.getValueAsString();
                case "meta_info" -> readMeta(json);
                default -> json.skipChildren();
            }
        }
    }

    private void readMeta(JsonParser json) {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new IllegalArgumentException("meta_info is no object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "finish_reason" -> finish = readFinish(json);
                case "output_token_logprobs" -> readLogProbs(json);
                case "weight_versions" -> readSpans(json);
                case "weight_version" -> weightVersion = value == JsonToken.VALUE_NULL ? null : json.getValueAsString();
                case "prompt_tokens" -> promptTokens = json.getValueAsInt(-1);
                case "cached_tokens" -> cachedTokens = json.getValueAsInt();
                case "completion_tokens" -> completionTokens = json.getValueAsInt();
                case "request_received_ts" -> received = json.getValueAsDouble();
                case "prefill_finished_ts" -> firstToken = json.getValueAsDouble();
                case "e2e_latency" -> latency = json.getValueAsDouble();
                case "spec_accept_token_num" -> specAccept = json.getValueAsLong();
                case "spec_draft_token_num" -> specDraft = json.getValueAsLong();
                case "spec_verify_ct" -> specVerify = json.getValueAsLong();
                default -> readTensor(json, name, value);
            }
        }
    }

    private void readTensor(JsonParser json, String name, JsonToken value) {
        String of = name.endsWith(START) ? name.substring(0, name.length() - START.length()) : name;
        if (!asked.contains(of)) {
            json.skipChildren();
        } else if (!of.equals(name)) {
            starts.put(of, json.getValueAsInt());
        } else if (value == JsonToken.VALUE_STRING) {
            tensors.put(name, json.getBinaryValue());
        } else if (value != JsonToken.VALUE_NULL) {
            throw new IllegalArgumentException("meta_info." + name + " is no base64");
        }
    }

    private static Finish readFinish(JsonParser json) {
        String type = "";
        if (json.currentToken() == JsonToken.START_OBJECT) {
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                if (name.equals("type")) {
                    type = json.getValueAsString("");
                } else {
                    json.skipChildren();
                }
            }
        }
        return switch (type) {
            case "stop" -> Finish.STOP;
            case "length" -> Finish.LENGTH;
            case "abort" -> Finish.ABORT;
            default -> throw new IllegalArgumentException("finish_reason.type is '" + type + "'");
        };
    }

    /** Rows of [log-probability, token id, text or null]. */
    private void readLogProbs(JsonParser json) {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw new IllegalArgumentException("output_token_logprobs is no array");
        }
        hasLogProbs = true;
        while (json.nextToken() == JsonToken.START_ARRAY) {
            if (count == tokens.length) {
                tokens = Arrays.copyOf(tokens, count * 2);
                logProbs = Arrays.copyOf(logProbs, count * 2);
            }
            JsonToken logProb = json.nextToken();
            float value = logProb.isNumeric() ? json.getFloatValue() : Float.NaN;
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException("log-probability of token " + count + " is no finite number");
            }
            if (json.nextToken() != JsonToken.VALUE_NUMBER_INT || json.getIntValue() < 0) {
                throw new IllegalArgumentException("token " + count + " has no id");
            }
            logProbs[count] = value;
            tokens[count] = json.getIntValue();
            count++;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                json.skipChildren();
            }
        }
    }

    private void readSpans(JsonParser json) {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            json.skipChildren();
            return;
        }
        while (json.nextToken() == JsonToken.START_OBJECT) {
            String version = null;
            int start = -1;
            int end = -1;
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "version" -> version = json.getValueAsString();
                    case "start" -> start = json.getValueAsInt();
                    case "end" -> end = json.getValueAsInt();
                    default -> json.skipChildren();
                }
            }
            if (version == null) {
                throw new IllegalArgumentException("weight_versions has a span without version");
            }
            spans.add(new Span(version, start, end));
        }
    }
}
