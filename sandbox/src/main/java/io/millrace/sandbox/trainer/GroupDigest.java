package io.millrace.sandbox.trainer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;

/**
 * What a group is trained on, in 64 hexadecimal digits: SHA-256 over the tokens of all samples as little-endian 32-bit
 * integers, then their log-probabilities as little-endian 32-bit floats, then their loss masks as bytes. These are the
 * bytes of the three tensors of the group's blob, so a reader of the results topic comes to the same digits.
 */
final class GroupDigest {
    private GroupDigest() {}

    /** @param group an array of samples in the trainer consumer's JSON */
    static String of(JsonNode group) {
        MessageDigest digest = sha256();
        for (JsonNode sample : group) {
            JsonNode tokens = sample.path("tokens");
            ByteBuffer bytes = room(tokens.size());
            tokens.forEach(token -> bytes.putInt(token.asInt(0)));
            digest.update(bytes.flip());
        }
        for (JsonNode sample : group) {
            JsonNode logProbs = sample.path("rollout_log_probs");
            ByteBuffer bytes = room(logProbs.size());
            logProbs.forEach(value -> bytes.putFloat((float) value.asDouble(0)));
            digest.update(bytes.flip());
        }
        for (JsonNode sample : group) {
            sample.path("loss_mask").forEach(value -> digest.update((byte) value.asInt(0)));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static ByteBuffer room(int values) {
        return ByteBuffer.allocate(Math.multiplyExact(Integer.BYTES, values)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
