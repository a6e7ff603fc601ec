package io.millrace.common.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.common.rollout.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
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

    /** The blob with the JSON in its tensor {@code header} changed. */
    static byte[] withForm(byte[] blob, Consumer<ObjectNode> change) {
        ObjectNode form;
        try {
            form = (ObjectNode)
                    Json.MAPPER.readTree(Safetensors.read(blob).tensor("header").data());
        } catch (BadRecordException e) {
            throw new AssertionError(e);
        }
        change.accept(form);
        return withForm(blob, form.toString());
    }

    /** The blob with this text in its tensor {@code header}. */
    static byte[] withForm(byte[] blob, String form) {
        byte[] json = form.getBytes(StandardCharsets.UTF_8);
        return with(blob, "header", new Tensor("U8", new long[] {json.length}, json));
    }

    /** The blob with this tensor instead of the one of its name, in its place, or behind the others. */
    static byte[] with(byte[] blob, String name, Tensor tensor) {
        try {
            SafetensorsView view = Safetensors.read(blob);
            LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
            view.entries().keySet().forEach(other -> tensors.put(other, view.tensor(other)));
            tensors.put(name, tensor);
            return Safetensors.write(view.metadata(), tensors);
        } catch (BadRecordException e) {
            throw new AssertionError(e);
        }
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
