package io.millrace.ops.export;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.VersionSpan;
import java.io.IOException;
import java.io.OutputStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.ObjectWriter;

/** A row is a line of JSON. One thread. */
final class JsonLines implements RowSink {
    /** Escaped, since half a surrogate pair has no UTF-8 form. */
    private static final ObjectWriter WRITER =
            Json.MAPPER.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII).without(StreamWriteFeature.AUTO_CLOSE_TARGET);

    private final OutputStream out;

    /** @param out not closed */
    JsonLines(OutputStream out) {
        this.out = out;
    }

    @Override
    public void row(SampleRow row) throws IOException {
        try (JsonGenerator json = WRITER.createGenerator(out)) {
            json.writeStartObject();
            for (Field field : Field.ALL) {
                json.writeName(field.name());
                write(json, field.value().apply(row));
            }
            json.writeEndObject();
        }
        out.write('\n');
    }

    private static void write(JsonGenerator json, Cell cell) {
        switch (cell) {
            case Cell.Text text -> json.writeString(text.value());
            case Cell.Whole whole -> {
                if (whole.value() == null) {
                    json.writeNull();
                } else {
                    json.writeNumber(whole.value());
                }
            }
            case Cell.Real real -> json.writeNumber(real.value());
            case Cell.Ints ints -> json.writeArray(ints.values(), ints.from(), ints.count());
            case Cell.Floats floats -> {
                json.writeStartArray();
                for (int i = 0; i < floats.count(); i++) {
                    json.writeNumber(floats.values()[floats.from() + i]);
                }
                json.writeEndArray();
            }
            case Cell.Bytes bytes -> {
                json.writeStartArray();
                for (int i = 0; i < bytes.count(); i++) {
                    json.writeNumber(bytes.values()[bytes.from() + i]);
                }
                json.writeEndArray();
            }
            case Cell.Spans spans -> {
                json.writeStartArray();
                for (VersionSpan span : spans.spans()) {
                    json.writeStartObject();
                    json.writeNumberProperty("version", span.version().value());
                    json.writeNumberProperty("from", span.from());
                    json.writeNumberProperty("to", span.to());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
        }
    }

    @Override
    public void end() throws IOException {
        out.flush();
    }
}
