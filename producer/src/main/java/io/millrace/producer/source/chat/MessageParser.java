package io.millrace.producer.source.chat;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.RowValues;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/** Reads a chat message. Stateless. */
public final class MessageParser {
    /** A message ends where the row goes on, so what follows it is no error. */
    private static final ObjectReader TREES =
            Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Parts of a message besides its content that a model would be shown; leaving them out would change the prompt. */
    private static final Set<String> FURTHER_CONTENT = Set.of("tool_calls", "function_call", "reasoning_content");

    private MessageParser() {}

    /**
     * @param parser at the message's begin; at its end afterwards
     * @param whole whether all of it is kept; else what is no text is refused
     * @param number 1 for the first, for the error
     */
    public static ChatMessage message(JsonParser parser, boolean whole, int number) throws BadRowException {
        return whole ? whole(parser, number) : text(parser, number);
    }

    private static ChatMessage whole(JsonParser parser, int number) throws BadRowException {
        JsonNode message = TREES.readTree(parser);
        RowValues.checkWritable(message);
        try {
            return ChatMessage.of((ObjectNode) message);
        } catch (IllegalArgumentException e) {
            throw new BadRowException(BadRowReason.WRONG_SHAPE, "message " + number + ": " + e.getMessage());
        }
    }

    private static ChatMessage text(JsonParser parser, int number) throws BadRowException {
        String role = null;
        String content = null;
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            JsonToken token = parser.nextToken();
            if (key.equals("role")) {
                role = token == JsonToken.VALUE_STRING ? parser.getString() : null;
                parser.skipChildren();
            } else if (key.equals("content")) {
                if (token != JsonToken.VALUE_STRING) {
                    throw new BadRowException(BadRowReason.NOT_TEXT, "message " + number + ": 'content' is no text");
                }
                content = parser.getString();
            } else if (FURTHER_CONTENT.contains(key)) {
                if (!RowValues.isNothing(TREES.readTree(parser))) {
                    throw new BadRowException(
                            BadRowReason.NOT_TEXT,
                            "message " + number + ": '" + key + "' is no text and would be lost");
                }
            } else {
                parser.skipChildren();
            }
        }
        if (role == null || role.isBlank()) {
            throw new BadRowException(BadRowReason.WRONG_SHAPE, "message " + number + ": no 'role'");
        }
        if (content == null) {
            throw new BadRowException(BadRowReason.WRONG_SHAPE, "message " + number + ": no 'content'");
        }
        return new ChatMessage(RowValues.checkedUnicode(role), RowValues.checkedUnicode(content));
    }
}
