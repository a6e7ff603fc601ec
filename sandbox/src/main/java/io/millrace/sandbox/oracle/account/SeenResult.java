package io.millrace.sandbox.oracle.account;

import io.millrace.common.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A whole group on {@code results}.
 *
 * @param offsets of its record, or of its parts in their order
 * @param appendedAtMs when its last record was written; by the broker's clock where topics have that
 * @param lineage in which it was issued
 * @param versions that made its tokens, each once
 * @param rewards of its samples
 * @param aborted samples that were not finished
 * @param digest SHA-256 over token ids as I32, log-probabilities as F32 and the loss mask as U8, hexadecimal
 */
public record SeenResult(
        int partition,
        List<Long> offsets,
        long appendedAtMs,
        long groupIndex,
        long attempt,
        long lineage,
        int samples,
        List<Long> versions,
        List<Double> rewards,
        int aborted,
        String digest) {
    /** Standard deviations up to it are rounding. */
    private static final double STD_MAX = 1e-6;

    public SeenResult {
        offsets = List.copyOf(offsets);
        versions = List.copyOf(versions);
        rewards = List.copyOf(rewards);
    }

    /** The blob is not what the format says. */
    static final class UnreadableException extends Exception {
        UnreadableException(String message) {
            super(message);
        }

        UnreadableException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Reads a safetensors blob: a length, a JSON table, and the tensors' bytes where the table says. */
    static SeenResult read(int partition, List<Long> offsets, long appendedAtMs, byte[] blob)
            throws UnreadableException {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
            int tableBytes = Math.toIntExact(bytes.getLong());
            byte[] json = new byte[tableBytes];
            bytes.get(json);
            JsonNode table = Json.MAPPER.readTree(json);
            ByteBuffer data = bytes.slice();
            byte[] header = bytes(data, table, "header");
            JsonNode group = Json.MAPPER.readTree(header);
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(tokens(data, table));
            byte[] logProbs = bytes(data, table, "log_probs");
            digest.update(logProbs);
            digest.update(table.has("loss_mask") ? bytes(data, table, "loss_mask") : ones(logProbs.length / 4));
            List<Long> versions = new ArrayList<>();
            List<Double> rewards = new ArrayList<>();
            int aborted = 0;
            for (JsonNode sample : group.path("samples")) {
                sample.path("weight_versions")
                        .forEach(span -> versions.add(span.path("version").longValue()));
                rewards.add(sample.path("reward").path("value").asDouble(Double.NaN));
                aborted += sample.path("status").asString("").equals("aborted") ? 1 : 0;
            }
            return new SeenResult(
                    partition,
                    offsets,
                    appendedAtMs,
                    group.path("group_index").longValue(),
                    group.path("attempt").longValue(),
                    group.path("lineage").longValue(),
                    rewards.size(),
                    versions.stream().distinct().sorted().toList(),
                    rewards,
                    aborted,
                    HexFormat.of().formatHex(digest.digest()));
            // Bytes that are not ours can trip any of the above.
        } catch (RuntimeException | NoSuchAlgorithmException e) {
            throw new UnreadableException("results-" + partition + "@" + offsets + " is no group: " + e, e);
        }
    }

    private static byte[] bytes(ByteBuffer data, JsonNode table, String tensor) {
        JsonNode where = table.path(tensor).path("data_offsets");
        int from = where.path(0).intValue();
        byte[] bytes = new byte[where.path(1).intValue() - from];
        data.get(from, bytes);
        return bytes;
    }

    /** Four bytes each, however they stand there. */
    private static byte[] tokens(ByteBuffer data, JsonNode table) {
        byte[] tokens = bytes(data, table, "tokens");
        if (table.path("tokens").path("dtype").asString("").equals("I32")) {
            return tokens;
        }
        byte[] wide = new byte[tokens.length / 3 * 4];
        for (int i = 0; i < tokens.length; i++) {
            wide[i / 3 * 4 + i % 3] = tokens[i];
        }
        return wide;
    }

    private static byte[] ones(int count) {
        byte[] ones = new byte[count];
        Arrays.fill(ones, (byte) 1);
        return ones;
    }

    long lastOffset() {
        return offsets.getLast();
    }

    /** Whether all its samples have the same reward, up to rounding. */
    public boolean rewardsEqual() {
        double mean = rewards.stream().mapToDouble(value -> value).average().orElse(0);
        double variance = rewards.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .average()
                .orElse(0);
        return Math.sqrt(variance) <= STD_MAX;
    }
}
