package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Our own JSON inside the safetensors metadata: one object whose field {@code v} is the version of its form. */
final class MetadataJson {
    /** Its key in {@code __metadata__}. */
    static final String KEY = "millrace";

    /** The version written, and the only one read. */
    static final int VERSION = 1;

    private MetadataJson() {}

    static String write(Object value) {
        ObjectNode form = Json.form(value, VERSION);
        String json = Json.MAPPER.writeValueAsString(form);
        // Half a surrogate pair (an engine may cut a text there) has no UTF-8 form; escaped as JSON it has.
        return SafetensorsLayout.isValidUnicode(json)
                ? json
                : Json.MAPPER.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII).writeValueAsString(form);
    }

    /** @throws BadRecordException when it is absent, of another version, or a value in it is out of range */
    static <T> T read(SafetensorsView view, Class<T> type) throws BadRecordException {
        String json = view.metadata().get(KEY);
        if (json == null) {
            throw new BadRecordException(
                    "the blob has no " + Safetensors.METADATA + "." + KEY + ": it was not written by Millrace");
        }
        try {
            JsonNode form = Json.MAPPER.readTree(json);
            if (!form.isObject()) {
                throw new BadRecordException(Safetensors.METADATA + "." + KEY + " is no JSON object");
            }
            return Json.value(form, VERSION, type);
        } catch (JacksonException e) {
            throw Json.malformed(type, e);
        }
    }
}
