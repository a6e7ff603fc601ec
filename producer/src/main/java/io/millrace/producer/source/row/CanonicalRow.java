package io.millrace.producer.source.row;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.chat.Rendering;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A row in the one form that is kept and hashed: JSON with only what is used, no space, metadata keys sorted. It is a
 * row of a fixed {@link RowShape} itself, so {@link RowParser} reads it back. Changing it changes every fingerprint.
 * Stateless.
 */
public final class CanonicalRow {
    private static final JsonMapper SORTED = Json.MAPPER
            .rebuild()
            .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
            .build();
    private static final String PROMPT = "prompt";
    private static final String LABEL = "label";
    private static final String METADATA = "metadata";
    private static final String TOOLS = "tools";
    private static final ColumnNames NAMES = new ColumnNames(PROMPT, LABEL, METADATA, TOOLS);

    private CanonicalRow() {}

    public static byte[] encode(PromptRow row) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = SORTED.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeName(PROMPT);
            writePrompt(json, row.prompt());
            if (row.label() != null) {
                json.writeStringProperty(LABEL, row.label());
            }
            if (!row.metadata().isEmpty()) {
                json.writeName(METADATA);
                json.writeTree(row.metadata());
            }
            if (row.tools() != null) {
                json.writeName(TOOLS);
                json.writeTree(row.tools());
            }
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #encode} wrote, rendering messages again with this. */
    public static RowParser parser(Rendering rendering) {
        return new RowParser(new RowShape(RowForm.SLIME, NAMES, rendering, null), Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    public static PromptRow decode(RowParser parser, long line, byte[] bytes) {
        try {
            return parser.parse(line, new String(bytes, StandardCharsets.UTF_8));
        } catch (BadRowException e) {
            throw new IllegalStateException("the kept form of line " + line + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void writePrompt(JsonGenerator json, Prompt prompt) {
        switch (prompt) {
            case Prompt.Text text -> json.writeString(text.text());
            case Prompt.TokenIds tokens -> json.writeArray(tokens.inputIds(), 0, tokens.inputIds().length);
            case Prompt.Messages chat -> {
                json.writeStartArray();
                for (ChatMessage message : chat.messages()) {
                    writeMessage(json, message);
                }
                json.writeEndArray();
            }
        }
    }

    private static void writeMessage(JsonGenerator json, ChatMessage message) {
        if (message.more() != null) {
            json.writeTree(message.json());
            return;
        }
        json.writeStartObject();
        json.writeStringProperty("role", message.role());
        json.writeStringProperty("content", message.content());
        json.writeEndObject();
    }
}
