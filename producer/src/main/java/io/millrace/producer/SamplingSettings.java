package io.millrace.producer;

import io.millrace.common.config.Setting;
import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.rollout.RolloutGroup;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** How samples are drawn, as users set it; the same words as {@link SamplingParams}. */
public record SamplingSettings(
        @Setting(defaultValue = "1.0", range = "0.0 or more", help = "Sampling temperature; 0 is greedy")
        double temperature,

        @Setting(defaultValue = "1.0", range = "at most 1.0", help = "Nucleus sampling's share, above 0")
        double topP,

        @Setting(defaultValue = "-1", range = "-1 or more", help = "Candidates per token; -1 for all")
        int topK,

        @Setting(defaultValue = "8192", range = "1 or more tokens", help = "Longest response of one sample")
        int maxNewTokens,

        @Setting(defaultValue = "", help = "Strings that end a sample, comma separated; may be repeated")
        List<String> stop,

        @Setting(defaultValue = "", help = "Token ids that end a sample, comma separated; may be repeated")
        List<String> stopTokenIds,

        @Setting(defaultValue = "false", help = "Leave special tokens out of the response's text")
        boolean skipSpecialTokens,

        @Setting(
                range = "0 or more",
                help = "Seed of the first sample of each group, the next sample has the next: with an engine that takes"
                        + " it (sampling_seed, vLLM: seed) drawing again gives the same. Unset, every draw is another")
        @Nullable
        Long samplingSeed,

        @Setting(
                defaultValue = "",
                help = "Further sampling parameters by the engine's own names, such as min_p=0.05; values are JSON, or"
                        + " text where they are none; may be repeated")
        Map<String, String> samplingParam,

        @Setting(
                defaultValue = "",
                help = "Tensors that the engine's answers must bring beside tokens and log-probabilities, comma"
                        + " separated: routed_experts (SGLang and vLLM), others by SGLang's names; they reach the trainer"
                        + " untouched")
        List<String> answerTensors) {
    private static final int FINGERPRINT_BYTES = 8;

    /** Such as can stand in JSON, in safetensors and behind {@code return_}. */
    private static final Pattern TENSOR_NAME = Pattern.compile("[a-z][a-z0-9_]{0,63}");

    /** What a further parameter must not be: it would say twice, or otherwise, what the worker says. */
    private static final Set<String> OWN_FLAGS = Set.of(
            "temperature",
            "top_p",
            "top_k",
            "max_new_tokens",
            "max_tokens",
            "stop",
            "stop_token_ids",
            "skip_special_tokens",
            "sampling_seed",
            "seed",
            "n",
            "logprobs");

    private static final List<String> OWN_TENSORS =
            RolloutGroup.RESERVED.stream().sorted().toList();

    public SamplingSettings {
        stop = List.copyOf(stop);
        stopTokenIds = List.copyOf(stopTokenIds);
        samplingParam = Map.copyOf(samplingParam);
        for (String name : samplingParam.keySet()) {
            if (OWN_FLAGS.contains(name)) {
                throw new IllegalArgumentException("--sampling-param " + name + ": it has a flag of its own, or is the"
                        + " worker's; further ones only");
            }
        }
        answerTensors = List.copyOf(answerTensors);
        for (String name : answerTensors) {
            if (!TENSOR_NAME.matcher(name).matches() || OWN_TENSORS.contains(name)) {
                throw new IllegalArgumentException(
                        "--answer-tensors takes names of small letters, digits and _, other than " + OWN_TENSORS
                                + ", was '" + name + "'");
            }
        }
        params(
                temperature,
                topP,
                topK,
                maxNewTokens,
                stop,
                stopTokenIds,
                skipSpecialTokens,
                Json.object(),
                answerTensors);
    }

    SamplingParams params() {
        ObjectNode extra = Json.object();
        new TreeMap<>(samplingParam).forEach((name, text) -> extra.set(name, value(text)));
        if (samplingSeed != null) {
            extra.put(SamplingParams.SEED, samplingSeed.longValue());
        }
        return params(
                temperature, topP, topK, maxNewTokens, stop, stopTokenIds, skipSpecialTokens, extra, answerTensors);
    }

    private static SamplingParams params(
            double temperature,
            double topP,
            int topK,
            int maxNewTokens,
            List<String> stop,
            List<String> stopTokenIds,
            boolean skipSpecialTokens,
            ObjectNode extra,
            List<String> tensors) {
        return new SamplingParams(
                temperature, topP, topK, maxNewTokens, stop, tokenIds(stopTokenIds), skipSpecialTokens, extra, tensors);
    }

    private static JsonNode value(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            return StringNode.valueOf(text);
        }
    }

    /** Of all parameters: equal when they are. */
    String fingerprint() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Json.MAPPER.writeValueAsBytes(params()));
            return HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static List<Integer> tokenIds(List<String> texts) {
        List<Integer> ids = new ArrayList<>();
        for (String text : texts) {
            try {
                ids.add(Integer.parseUnsignedInt(text));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "--stop-token-ids must be whole numbers of 0 or more, was '" + text + "'", e);
            }
        }
        return ids;
    }
}
