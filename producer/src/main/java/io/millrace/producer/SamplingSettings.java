package io.millrace.producer;

import io.millrace.common.config.Setting;
import io.millrace.common.json.Json;
import io.millrace.common.record.SamplingParams;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

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
        boolean skipSpecialTokens) {
    private static final int FINGERPRINT_BYTES = 8;

    public SamplingSettings {
        stop = List.copyOf(stop);
        stopTokenIds = List.copyOf(stopTokenIds);
        new SamplingParams(
                temperature, topP, topK, maxNewTokens, stop, tokenIds(stopTokenIds), skipSpecialTokens, Json.object());
    }

    SamplingParams params() {
        return new SamplingParams(
                temperature, topP, topK, maxNewTokens, stop, tokenIds(stopTokenIds), skipSpecialTokens, Json.object());
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
