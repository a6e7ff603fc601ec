package io.millrace.sandbox.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class GroupDigestTest {
    @Test
    void itIsTheHashOfTheGroupsThreeTensorsBackToBack() throws Exception {
        JsonNode group = Batches.batch(Batches.lease(0, 4L), 2).path("groups").path(0);
        ByteBuffer bytes = ByteBuffer.allocate(10 * 4 + 6 * 4 + 6).order(ByteOrder.LITTLE_ENDIAN);
        for (int sample = 0; sample < 2; sample++) {
            for (int token = 1; token <= 5; token++) {
                bytes.putInt(token);
            }
        }
        for (int sample = 0; sample < 2; sample++) {
            bytes.putFloat(-0.1f).putFloat(-0.2f).putFloat(-0.3f);
        }
        for (int i = 0; i < 6; i++) {
            bytes.put((byte) 1);
        }
        String expected =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        assertEquals(expected, GroupDigest.of(group));
    }

    @Test
    void oneTokenMakesAnother() {
        ObjectNode batch = Batches.batch(Batches.lease(0, 4L), 2);
        String before = GroupDigest.of(batch.path("groups").path(0));
        Batches.sample(batch, 0, 1)
                .putArray("tokens")
                .add(1)
                .add(2)
                .add(3)
                .add(4)
                .add(6);
        assertNotEquals(before, GroupDigest.of(batch.path("groups").path(0)));
    }
}
