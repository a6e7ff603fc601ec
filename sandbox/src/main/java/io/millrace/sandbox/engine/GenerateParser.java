package io.millrace.sandbox.engine;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.model.SamplingOptions;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.GenerateRequest;
import io.millrace.sandbox.engine.runtime.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads the body of /generate token by token; prompts are long, so no tree is built. Fields that change nothing here
 * (session_id, priority, routing keys, ...) are passed over; fields that ask for what the toy model cannot do are
 * refused by name rather than ignored. Used once, by one thread.
 */
final class GenerateParser {
    private static final Set<String> UNSUPPORTED =
            Set.of("input_embeds", "image_data", "audio_data", "video_data", "token_ids_logprob", "lora_path");
    private static final Set<String> UNSUPPORTED_SAMPLING = Set.of("json_schema", "regex", "ebnf", "structural_tag");

    private final JsonParser parser;
    private @Nullable String rid;
    private @Nullable String text;
    private int @Nullable [] inputIds;
    private boolean returnLogProbs;
    private boolean returnTextInLogProbs;
    private SamplingOptions sampling = SamplingOptions.DEFAULTS;

    private GenerateParser(JsonParser parser) {
        this.parser = parser;
    }

    /**
     * The request in these bytes; a rid is made up where none is given.
     *
     * @throws Refusal saying what is wrong
     */
    static GenerateRequest parse(byte[] body) {
        try (JsonParser parser = Json.MAPPER.createParser(body)) {
            return new GenerateParser(parser).request();
        } catch (JacksonException e) {
            throw Refusal.malformed("body is not valid JSON: " + e.getOriginalMessage());
        }
    }

    private GenerateRequest request() {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw Refusal.malformed("body must be a JSON object");
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken value = parser.nextToken();
            if (value != JsonToken.VALUE_NULL) {
                field(name, value);
            }
        }
        int[] prompt = prompt();
        return new GenerateRequest(
                rid == null ? UUID.randomUUID().toString().replace("-", "") : rid,
                prompt,
                sampling,
                returnLogProbs,
                returnTextInLogProbs);
    }

    private int[] prompt() {
        if ((text == null) == (inputIds == null)) {
            throw Refusal.invalid("exactly one of text and input_ids must be given");
        }
        int[] prompt = text != null ? ToyTokenizer.encode(text) : inputIds;
        if (prompt == null || prompt.length == 0) {
            throw Refusal.invalid("the prompt must have at least 1 token");
        }
        for (int i = 0; i < prompt.length; i++) {
            if (prompt[i] < 0 || prompt[i] >= ToyTokenizer.VOCABULARY_SIZE) {
                throw Refusal.invalid("input_ids[" + i + "] must be 0 to " + (ToyTokenizer.VOCABULARY_SIZE - 1)
                        + ", was " + prompt[i]);
            }
        }
        return prompt;
    }

    private void field(String name, JsonToken value) {
        switch (name) {
            case "rid" -> rid = single(name, value);
            case "text" -> text = single(name, value);
            case "input_ids" -> inputIds = ints(name, value);
            case "return_logprob" -> returnLogProbs = bool(name, value);
            case "return_text_in_logprobs" -> returnTextInLogProbs = bool(name, value);
            case "sampling_params" -> samplingParams(value);
            case "stream" -> refuseIf(bool(name, value), "stream=true is not supported by the stand-in engine");
            case "top_logprobs_num" ->
                refuseIf(integer(name, value) != 0, "top_logprobs_num above 0 is not supported by the stand-in engine");
            case "logprob_start_len" ->
                refuseIf(
                        integer(name, value) != -1,
                        "logprob_start_len other than -1 is not supported by the stand-in engine");
            default -> {
                refuseIf(UNSUPPORTED.contains(name), name + " is not supported by the stand-in engine");
                parser.skipChildren();
            }
        }
    }

    private void samplingParams(JsonToken value) {
        refuseIf(value == JsonToken.START_ARRAY, "sampling_params is a list: batches are not supported");
        refuseIf(value != JsonToken.START_OBJECT, "sampling_params must be an object");
        SamplingFields fields = new SamplingFields();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken parameter = parser.nextToken();
            if (parameter != JsonToken.VALUE_NULL) {
                fields.read(name, parameter);
            }
        }
        try {
            sampling = fields.options();
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid(String.valueOf(e.getMessage()));
        }
    }

    private final class SamplingFields {
        private double temperature = 1;
        private double topP = 1;
        private int topK = -1;
        private int maxNewTokens = SamplingOptions.DEFAULT_MAX_NEW_TOKENS;
        private int minNewTokens;
        private List<String> stop = List.of();
        private int[] stopTokenIds = new int[0];
        private boolean ignoreEos;
        private boolean noStopTrim;
        private boolean skipSpecialTokens = true;
        private @Nullable Long samplingSeed;

        void read(String name, JsonToken value) {
            switch (name) {
                case "temperature" -> temperature = number(name, value);
                case "top_p" -> topP = number(name, value);
                case "top_k" -> topK = (int) integer(name, value);
                case "max_new_tokens" -> maxNewTokens = (int) integer(name, value);
                case "min_new_tokens" -> minNewTokens = (int) integer(name, value);
                case "stop" -> stop = strings(name, value);
                case "stop_token_ids" -> stopTokenIds = ints(name, value);
                case "ignore_eos" -> ignoreEos = bool(name, value);
                case "no_stop_trim" -> noStopTrim = bool(name, value);
                case "skip_special_tokens" -> skipSpecialTokens = bool(name, value);
                case "sampling_seed" -> samplingSeed = integer(name, value);
                case "n" -> refuseIf(integer(name, value) != 1, "n above 1 is a batch; batches are not supported");
                default -> {
                    refuseIf(UNSUPPORTED_SAMPLING.contains(name), name + " is not supported by the stand-in engine");
                    parser.skipChildren();
                }
            }
        }

        SamplingOptions options() {
            return new SamplingOptions(
                    temperature,
                    topP,
                    topK,
                    maxNewTokens,
                    minNewTokens,
                    stop,
                    stopTokenIds,
                    ignoreEos,
                    noStopTrim,
                    skipSpecialTokens,
                    samplingSeed);
        }
    }

    private String single(String name, JsonToken value) {
        refuseIf(value == JsonToken.START_ARRAY, name + " is a list: batches are not supported, send one prompt");
        refuseIf(value != JsonToken.VALUE_STRING, name + " must be a string");
        return parser.getString();
    }

    private boolean bool(String name, JsonToken value) {
        refuseIf(!value.isBoolean(), name + " must be true or false");
        return value == JsonToken.VALUE_TRUE;
    }

    private double number(String name, JsonToken value) {
        refuseIf(!value.isNumeric(), name + " must be a number");
        return parser.getDoubleValue();
    }

    private long integer(String name, JsonToken value) {
        refuseIf(value != JsonToken.VALUE_NUMBER_INT, name + " must be an integer");
        long number = parser.getLongValue();
        refuseIf(number != (int) number && !name.equals("sampling_seed"), name + " must fit 32 bits, was " + number);
        return number;
    }

    private List<String> strings(String name, JsonToken value) {
        if (value == JsonToken.VALUE_STRING) {
            return List.of(parser.getString());
        }
        refuseIf(value != JsonToken.START_ARRAY, name + " must be a string or a list of strings");
        List<String> strings = new ArrayList<>();
        for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
            refuseIf(item != JsonToken.VALUE_STRING, name + " must hold strings only");
            strings.add(parser.getString());
        }
        return strings;
    }

    private int[] ints(String name, JsonToken value) {
        refuseIf(value != JsonToken.START_ARRAY, name + " must be a list of integers");
        int[] ints = new int[256];
        int count = 0;
        for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
            refuseIf(
                    item == JsonToken.START_ARRAY,
                    name + " is a list of lists: batches are not supported, send one prompt");
            refuseIf(item != JsonToken.VALUE_NUMBER_INT, name + " must hold integers only");
            if (count == ints.length) {
                ints = Arrays.copyOf(ints, count * 2);
            }
            ints[count++] = parser.getIntValue();
        }
        return Arrays.copyOf(ints, count);
    }

    private static void refuseIf(boolean wrong, String message) {
        if (wrong) {
            throw Refusal.malformed(message);
        }
    }
}
