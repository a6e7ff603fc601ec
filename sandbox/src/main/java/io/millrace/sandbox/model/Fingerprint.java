package io.millrace.sandbox.model;

import io.millrace.sandbox.model.world.World;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** By which a state is told from others: 128 bits of a digest, so that two states of a search do not fall together. */
record Fingerprint(long high, long low) {
    static Fingerprint of(World world) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(world.describe().getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.wrap(digest);
            return new Fingerprint(bytes.getLong(), bytes.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
