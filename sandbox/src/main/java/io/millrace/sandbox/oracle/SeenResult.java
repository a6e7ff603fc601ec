package io.millrace.sandbox.oracle;

import io.millrace.common.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A whole group on {@code results}.
 *
 * @param digest SHA-256 over the bytes of the tensors tokens, log_probs and loss_mask, hexadecimal
 */
record SeenResult(int partition, long offset, long groupIndex, long attempt, int samples, String digest) {
    /** The blob is not what the format says. */
    static final class UnreadableException extends Exception {
        UnreadableException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Reads a safetensors blob: a length, a JSON table, and the tensors' bytes where the table says. */
    static SeenResult read(int partition, long offset, byte[] blob) throws UnreadableException {
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
            return new SeenResult(
                    partition,
                    offset,
                    group.path("group_index").longValue(),
                    group.path("attempt").longValue(),
                    group.path("samples").size(),
                    HexFormat.of().formatHex(digest.digest()));
            // Bytes that are not ours can trip any of the above.
        } catch (RuntimeException | NoSuchAlgorithmException e) {
            throw new UnreadableException("results-" + partition + "@" + offset + " is no group: " + e, e);
        }
    }
}
