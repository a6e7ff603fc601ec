package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import io.millrace.common.json.NewerRecordException;
import io.millrace.common.rollout.SampleHeader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Our own JSON in a blob: one object, as UTF-8 in the U8 tensor {@link #TENSOR}, so that it is read where it stands and
 * has no limit but the blob's. The version of the whole form stands in {@code __metadata__.millrace} as
 * {@code {"v":2}}; a reader of the first form, which had all of the JSON there, takes that for a newer one and says so.
 * Texts of responses are no part of it. Stateless.
 */
final class HeaderJson {
    /** Our key in {@code __metadata__}. */
    static final String KEY = "millrace";

    /** The tensor that it stands in. */
    static final String TENSOR = "header";

    /** The version written, and the only one read. */
    static final int VERSION = 2;

    /** What every blob of ours has as {@code __metadata__}. */
    static final Map<String, String> METADATA = Map.of(KEY, "{\"v\":" + VERSION + "}");

    private static final byte[] VERSION_FIELD = ("{\"v\":" + VERSION + ",").getBytes(StandardCharsets.UTF_8);

    private static final JsonMapper WITHOUT_TEXTS = Json.leavingOut(SampleHeader.class, "response");
    private static final ObjectWriter WRITER = WITHOUT_TEXTS.writer();
    private static final ObjectReader READER =
            WITHOUT_TEXTS.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private HeaderJson() {}

    /** The value's fields behind {@code v}. */
    static byte[] write(Object value) {
        byte[] json;
        try {
            json = WRITER.writeValueAsBytes(value);
        } catch (JacksonException e) {
            // Half a surrogate pair has no UTF-8 form; escaped as JSON it has.
            json = WRITER.with(JsonWriteFeature.ESCAPE_NON_ASCII).writeValueAsBytes(value);
        }
        byte[] form = new byte[VERSION_FIELD.length + json.length - 1];
        System.arraycopy(VERSION_FIELD, 0, form, 0, VERSION_FIELD.length);
        System.arraycopy(json, 1, form, VERSION_FIELD.length, json.length - 1);
        return form;
    }

    /** Another field behind those of an object: an array of what is JSON already. */
    static byte[] with(byte[] object, String name, Iterable<TensorSlice> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(object, 0, object.length - 1);
        out.writeBytes((",\"" + name + "\":[").getBytes(StandardCharsets.UTF_8));
        boolean first = true;
        for (TensorSlice value : values) {
            if (!first) {
                out.write(',');
            }
            first = false;
            out.write(value.bytes(), value.begin(), value.sizeBytes());
        }
        out.writeBytes(new byte[] {']', '}'});
        return out.toByteArray();
    }

    /** Filled up with spaces, so that what stands behind it begins at a multiple of 8. */
    static byte[] padded(byte[] json) {
        int length = json.length;
        byte[] padded = Arrays.copyOf(json, (length + 7) & ~7);
        Arrays.fill(padded, length, padded.length, (byte) ' ');
        return padded;
    }

    /**
     * @throws NewerRecordException when the blob is of a later version
     * @throws BadRecordException when it is absent, of another version, or a value in it is out of range
     */
    static <T> T read(SafetensorsView view, Class<T> type) throws BadRecordException {
        checkVersion(view, type);
        SafetensorsView.Entry entry = view.entries().get(TENSOR);
        if (entry == null || !entry.dtype().equals("U8") || entry.shape().size() != 1) {
            throw new BadRecordException("the blob needs a tensor " + TENSOR + " of U8 with one dimension");
        }
        byte[] blob = view.blob();
        // A zero as second byte would make the parser take the text for UTF-16.
        if (entry.sizeBytes() < 2 || blob[entry.begin()] != '{' || blob[entry.begin() + 1] == 0) {
            throw new BadRecordException("the blob's " + TENSOR + " is no JSON object: it does not begin with {");
        }
        try {
            return READER.forType(type).readValue(blob, entry.begin(), entry.sizeBytes());
        } catch (JacksonException e) {
            throw Json.malformed(type, e);
        }
    }

    private static void checkVersion(SafetensorsView view, Class<?> type) throws BadRecordException {
        String said = view.metadata().get(KEY);
        if (said == null) {
            throw new BadRecordException(
                    "the blob has no " + Safetensors.METADATA + "." + KEY + ": it was not written by Millrace");
        }
        if (said.equals(METADATA.get(KEY))) {
            return;
        }
        JsonNode version;
        try {
            version = Json.MAPPER.readTree(said).path("v");
        } catch (JacksonException e) {
            throw Json.malformed(type, e);
        }
        String reason = type.getSimpleName() + " has version " + version + ", this reader knows " + VERSION;
        if (version.isInt() && version.intValue() > VERSION) {
            throw new NewerRecordException(reason);
        }
        throw new BadRecordException(
                version.isInt() && version.intValue() < VERSION ? reason + ": an earlier release wrote it" : reason);
    }
}
