package io.millrace.sandbox.oracle.account;

import io.millrace.common.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
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
 * @param digest SHA-256 over the bytes of the tensors tokens, log_probs and loss_mask, hexadecimal
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
            JsonNode table = Json.MAPPER.readTree(new String(blob, Long.BYTES, tableBytes, StandardCharsets.UTF_8));
            JsonNode group = Json.MAPPER.readTree(
                    table.path("__metadata__").path("millrace").stringValue());
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String tensor : List.of("tokens", "log_probs", "loss_mask")) {
                JsonNode where = table.path(tensor).path("data_offsets");
                int from = where.path(0).intValue();
                int to = where.path(1).intValue();
                digest.update(blob, Long.BYTES + tableBytes + from, to - from);
            }
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
