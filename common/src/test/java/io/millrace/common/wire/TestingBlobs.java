package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.function.Executable;
import tools.jackson.databind.node.ObjectNode;

/** Blobs put together by hand, right and wrong ones. */
final class TestingBlobs {
    private TestingBlobs() {}

    /** A blob of this header text, as it is, and this data. */
    static byte[] blob(String header, byte... data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array();
    }

    /** The blob with its header changed. */
    static byte[] withHeader(byte[] blob, Consumer<ObjectNode> change) {
        int end = Long.BYTES
                + (int) ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN).getLong();
        ObjectNode header = (ObjectNode)
                Json.MAPPER.readTree(new String(blob, Long.BYTES, end - Long.BYTES, StandardCharsets.UTF_8));
        change.accept(header);
        return blob(header.toString(), Arrays.copyOfRange(blob, end, blob.length));
    }

    /** The blob with the JSON under {@code __metadata__["millrace"]} changed. */
    static byte[] withForm(byte[] blob, Consumer<ObjectNode> change) {
        return withHeader(blob, header -> {
            ObjectNode metadata = (ObjectNode) header.get("__metadata__");
            ObjectNode form =
                    (ObjectNode) Json.MAPPER.readTree(metadata.get("millrace").stringValue());
            change.accept(form);
            metadata.put("millrace", form.toString());
        });
    }

    static byte[] golden(String name) throws IOException {
        String path = "/golden/" + name;
        try (InputStream in =
                Objects.requireNonNull(TestingBlobs.class.getResourceAsStream(path), path + " is absent")) {
            return in.readAllBytes();
        }
    }

    static void assertRefused(String reason, Executable decode) {
        assertEquals(reason, assertThrows(BadRecordException.class, decode).getMessage());
    }
}
