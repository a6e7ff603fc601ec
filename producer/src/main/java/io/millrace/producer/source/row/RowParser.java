package io.millrace.producer.source.row;

import static io.millrace.producer.source.row.BadRowReason.BAD_JSON;
import static io.millrace.producer.source.row.BadRowReason.EMPTY_PROMPT;
import static io.millrace.producer.source.row.BadRowReason.MISSING_PROMPT;
import static io.millrace.producer.source.row.BadRowReason.NOT_TEXT;
import static io.millrace.producer.source.row.BadRowReason.TOO_LONG;
import static io.millrace.producer.source.row.BadRowReason.WRONG_SHAPE;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/**
 * One line of JSON to a row. It reads token by token instead of as a tree: columns that are not asked for cost nothing,
 * and a number that is a label stays as it is written, which a tree would lose. Of a key that stands twice the last
 * counts, as in Python. Immutable, for all threads.
 */
public final class RowParser {
    /** A metadata value ends where the row goes on, so what follows it is no error. */
    private static final ObjectReader TREES =
            Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Parts of a message besides its content that a model would be shown; leaving them out would change the prompt. */
    private static final Set<String> FURTHER_CONTENT = Set.of("tool_calls", "function_call", "reasoning_content");

    private static final int DETAIL_CHARS_MAX = 160;

    private final RowShape shape;
    private final int maxPromptChars;
    private final int maxPromptTokens;

    public RowParser(RowShape shape, int maxPromptChars, int maxPromptTokens) {
        this.shape = shape;
        this.maxPromptChars = maxPromptChars;
        this.maxPromptTokens = maxPromptTokens;
    }

    public PromptRow parse(long line, String json) throws BadRowException {
        Prompt prompt = null;
        String label = null;
        ObjectNode metadata = Json.object();
        try (JsonParser parser = Json.MAPPER.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BadRowException(WRONG_SHAPE, "the row is no JSON object");
            }
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                parser.nextToken();
                if (key.equals(shape.inputKey())) {
                    prompt = prompt(parser);
                } else if (key.equals(shape.labelKey())) {
                    label = label(parser);
                } else if (key.equals(shape.metadataKey())) {
                    metadata = metadata(parser);
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new BadRowException(BAD_JSON, "more than one JSON value on the line");
            }
        } catch (JacksonException e) {
            throw new BadRowException(BAD_JSON, "no JSON: " + detail(e));
        }
        if (prompt == null) {
            throw new BadRowException(MISSING_PROMPT, "no '" + shape.inputKey() + "'");
        }
        return new PromptRow(line, prompt, shape.labelIn(label), metadata);
    }

    private @Nullable Prompt prompt(JsonParser parser) throws BadRowException {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> new Prompt.Text(checkedText(parser.getString()));
            case START_ARRAY -> listPrompt(parser);
            case VALUE_NULL -> null;
            default -> throw wrongPrompt();
        };
    }

    private Prompt listPrompt(JsonParser parser) throws BadRowException {
        return switch (parser.nextToken()) {
            case END_ARRAY -> throw empty();
            case START_OBJECT -> messages(parser);
            case VALUE_NUMBER_INT -> tokenIds(parser);
            default -> throw wrongPrompt();
        };
    }

    private Prompt.Messages messages(JsonParser parser) throws BadRowException {
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.START_OBJECT) {
                throw wrongPrompt();
            }
            messages.add(message(parser, messages.size() + 1));
        }
        if (messages.stream().allMatch(message -> message.content().isBlank())) {
            throw empty();
        }
        return new Prompt.Messages(messages, checkedText(shape.chatTemplate().render(messages)));
    }

    /** @param number 1 for the first, for the error */
    private static ChatMessage message(JsonParser parser, int number) throws BadRowException {
        String role = null;
        String content = null;
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            JsonToken token = parser.nextToken();
            if (key.equals("role")) {
                role = token == JsonToken.VALUE_STRING ? parser.getString() : null;
                parser.skipChildren();
            } else if (key.equals("content")) {
                if (token != JsonToken.VALUE_STRING) {
                    throw new BadRowException(NOT_TEXT, "message " + number + ": 'content' is no text");
                }
                content = parser.getString();
            } else if (FURTHER_CONTENT.contains(key)) {
                if (!isNothing(TREES.readTree(parser))) {
                    throw new BadRowException(
                            NOT_TEXT, "message " + number + ": '" + key + "' is no text and would be lost");
                }
            } else {
                parser.skipChildren();
            }
        }
        if (role == null || role.isBlank()) {
            throw new BadRowException(WRONG_SHAPE, "message " + number + ": no 'role'");
        }
        if (content == null) {
            throw new BadRowException(WRONG_SHAPE, "message " + number + ": no 'content'");
        }
        return new ChatMessage(checkedUnicode(role), checkedUnicode(content));
    }

    private static boolean isNothing(JsonNode node) {
        return node.isNull()
                || (node.isContainer() && node.isEmpty())
                || (node.isString() && node.stringValue().isEmpty());
    }

    private Prompt.TokenIds tokenIds(JsonParser parser) throws BadRowException {
        int[] ids = new int[64];
        int count = 0;
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.VALUE_NUMBER_INT) {
                throw wrongPrompt();
            }
            if (parser.getNumberType() != JsonParser.NumberType.INT || parser.getIntValue() < 0) {
                throw new BadRowException(
                        WRONG_SHAPE,
                        "a token id must be 0 to " + Integer.MAX_VALUE + ", was " + cut(parser.getString()));
            }
            if (count == maxPromptTokens) {
                throw new BadRowException(TOO_LONG, "the prompt has more than " + maxPromptTokens + " token ids");
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = parser.getIntValue();
        }
        return new Prompt.TokenIds(Arrays.copyOf(ids, count));
    }

    private @Nullable String label(JsonParser parser) throws BadRowException {
        return switch (parser.currentToken()) {
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> checkedUnicode(parser.getString());
            case VALUE_NULL -> null;
            default -> throw new BadRowException(WRONG_SHAPE, "'" + shape.labelKey() + "' must be a text or a number");
        };
    }

    private ObjectNode metadata(JsonParser parser) throws BadRowException {
        JsonNode node = TREES.readTree(parser);
        if (node.isNull()) {
            return Json.object();
        }
        if (!(node instanceof ObjectNode metadata)) {
            throw new BadRowException(WRONG_SHAPE, "'" + shape.metadataKey() + "' must be an object");
        }
        checkWritable(metadata);
        return metadata;
    }

    /**
     * What is read here is written to the queue again: texts must be Unicode, numbers within a double's range. Names are
     * Unicode already, the JSON reader refuses others.
     */
    private static void checkWritable(JsonNode node) throws BadRowException {
        if (node.isString()) {
            checkedUnicode(node.stringValue());
        } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
            throw new BadRowException(WRONG_SHAPE, "the metadata has a number beyond a double's range");
        }
        for (JsonNode child : node.values()) {
            checkWritable(child);
        }
    }

    private String checkedText(String text) throws BadRowException {
        checkedUnicode(text);
        if (text.isBlank()) {
            throw empty();
        }
        if (text.length() > maxPromptChars) {
            int chars = text.codePointCount(0, text.length());
            if (chars > maxPromptChars) {
                throw new BadRowException(
                        TOO_LONG, "the prompt has " + chars + " characters, the limit is " + maxPromptChars);
            }
        }
        return text;
    }

    private static String checkedUnicode(String text) throws BadRowException {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isSurrogate(unit)) {
                if (Character.isLowSurrogate(unit)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new BadRowException(NOT_TEXT, "a text has half a surrogate pair");
                }
                i++;
            }
        }
        return text;
    }

    private BadRowException empty() {
        return new BadRowException(EMPTY_PROMPT, "'" + shape.inputKey() + "' is empty");
    }

    private BadRowException wrongPrompt() {
        return new BadRowException(
                WRONG_SHAPE,
                "'" + shape.inputKey() + "' must be a text, a list of {role, content} or a list of token ids");
    }

    private static String detail(JacksonException e) {
        TokenStreamLocation location = e.getLocation();
        String column = location == null ? "" : " at column " + location.getColumnNr();
        return cut(e.getOriginalMessage().replaceAll("\\p{Cntrl}", " ")) + column;
    }

    static String cut(String text) {
        return text.length() <= DETAIL_CHARS_MAX ? text : text.substring(0, DETAIL_CHARS_MAX) + "...";
    }
}
