package io.millrace.producer.source.row;

import static io.millrace.producer.source.column.BadRowReason.BAD_JSON;
import static io.millrace.producer.source.column.BadRowReason.EMPTY_PROMPT;
import static io.millrace.producer.source.column.BadRowReason.MISSING_PROMPT;
import static io.millrace.producer.source.column.BadRowReason.NOT_TEXT;
import static io.millrace.producer.source.column.BadRowReason.TOO_LONG;
import static io.millrace.producer.source.column.BadRowReason.WRONG_SHAPE;

import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import io.millrace.common.record.Prompt;
import io.millrace.producer.source.chat.MessageParser;
import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.Column;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.column.RowValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ArrayNode;
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

    private static final String GROUND_TRUTH = "ground_truth";

    private static final int DETAIL_CHARS_MAX = 160;

    private final RowShape shape;
    private final int maxPromptChars;
    private final int maxPromptTokens;

    /** @param shape told already, so of no form {@link RowForm#AUTO} */
    public RowParser(RowShape shape, int maxPromptChars, int maxPromptTokens) {
        this.shape = shape;
        this.maxPromptChars = maxPromptChars;
        this.maxPromptTokens = maxPromptTokens;
    }

    /** @param line where the row stands, for errors and for the task */
    public PromptRow parse(long line, String json) throws BadRowException {
        Found found = new Found();
        List<String> names = new ArrayList<>();
        try (JsonParser parser = Json.MAPPER.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BadRowException(WRONG_SHAPE, "the row is no JSON object");
            }
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                parser.nextToken();
                names.add(key);
                column(key, parser, found);
            }
            if (parser.nextToken() != null) {
                throw new BadRowException(BAD_JSON, "more than one JSON value on the line");
            }
        } catch (JacksonException e) {
            throw new BadRowException(BAD_JSON, "no JSON: " + detail(e));
        }
        return row(line, found, names);
    }

    /** What a row's columns have come to. */
    private static final class Found {
        private @Nullable Prompt prompt;
        private @Nullable List<ChatMessage> messages;
        private @Nullable String label;
        private boolean rewardModel;
        private final ObjectNode metadata = Json.object();
        private @Nullable ArrayNode tools;
    }

    private void column(String key, JsonParser parser, Found found) throws BadRowException {
        switch (Column.of(key, shape.form(), shape.names())) {
            case PROMPT -> prompt(key, parser, found);
            case LABEL -> found.label = label(key, parser);
            case REWARD_MODEL -> rewardModel(key, parser, found);
            case METADATA -> found.metadata.setAll(metadata(key, parser));
            case TOOLS -> found.tools = tools(key, parser);
            case KEPT -> kept(key, parser, found.metadata);
            case MEDIA -> {
                if (!RowValues.isNothing(TREES.readTree(parser))) {
                    throw new BadRowException(NOT_TEXT, "'" + key + "' is no text and would be lost");
                }
            }
            case NONE -> parser.skipChildren();
        }
    }

    private PromptRow row(long line, Found found, List<String> names) throws BadRowException {
        if (found.prompt == null && found.messages == null) {
            throw missing(MISSING_PROMPT, promptNames(), names);
        }
        if (shape.form() == RowForm.VERL && !found.rewardModel) {
            throw missing(WRONG_SHAPE, "'reward_model'", names);
        }
        String label = found.label;
        List<ChatMessage> messages = found.messages;
        if (messages != null && answers(messages)) {
            label = label == null ? messages.getLast().content() : label;
            messages = messages.subList(0, messages.size() - 1);
        }
        Prompt prompt = messages == null ? found.prompt : rendered(messages, found);
        return new PromptRow(line, Objects.requireNonNull(prompt), shape.labelIn(label), found.metadata, found.tools);
    }

    private String promptNames() {
        return switch (shape.form()) {
            case VERL -> "'prompt'";
            case TRL -> "'prompt' nor 'messages'";
            case OPENAI -> "'messages'";
            case AUTO, SLIME -> "'" + shape.names().input() + "'";
        };
    }

    private BadRowException missing(BadRowReason reason, String what, List<String> names) {
        String found = String.join(", ", names);
        return new BadRowException(
                reason,
                "no " + what + " in a row of shape " + shape.form() + ", found: "
                        + (found.isEmpty() ? "nothing" : cut(found)));
    }

    /** Whether the last message is the answer that the row is about. slime's prompts end as they stand. */
    private boolean answers(List<ChatMessage> messages) {
        return (shape.form() == RowForm.OPENAI || shape.form() == RowForm.TRL)
                && messages.getLast().role().equals("assistant");
    }

    private Prompt.Messages rendered(List<ChatMessage> messages, Found found) throws BadRowException {
        if (messages.stream().allMatch(message -> message.content().isBlank() && message.more() == null)) {
            throw empty(promptNames());
        }
        Prompt.Messages prompt = shape.rendering().render(messages, found.tools, found.metadata);
        checkedText(prompt.rendered());
        int[] ids = prompt.renderedIds();
        if (ids != null && ids.length > maxPromptTokens) {
            throw new BadRowException(
                    TOO_LONG, "the prompt has " + ids.length + " tokens, the limit is " + maxPromptTokens);
        }
        return prompt;
    }

    private void prompt(String key, JsonParser parser, Found found) throws BadRowException {
        found.prompt = null;
        found.messages = null;
        switch (parser.currentToken()) {
            case VALUE_STRING -> {
                String text = checkedText(parser.getString());
                if (shape.rendering().isModels()) {
                    found.messages = List.of(new ChatMessage("user", text));
                } else {
                    found.prompt = new Prompt.Text(text);
                }
            }
            case START_ARRAY -> {
                switch (parser.nextToken()) {
                    case END_ARRAY -> throw empty("'" + key + "'");
                    case START_OBJECT -> found.messages = messages(key, parser);
                    case VALUE_NUMBER_INT -> found.prompt = tokenIds(key, parser);
                    default -> throw wrongPrompt(key);
                }
            }
            case VALUE_NULL -> {}
            default -> throw wrongPrompt(key);
        }
    }

    private void rewardModel(String key, JsonParser parser, Found found) throws BadRowException {
        if (!(TREES.readTree(parser) instanceof ObjectNode model)) {
            throw new BadRowException(WRONG_SHAPE, "'" + key + "' must be an object with 'ground_truth'");
        }
        JsonNode truth = model.path(GROUND_TRUTH);
        if (truth.isContainer() || truth.isBoolean()) {
            throw new BadRowException(WRONG_SHAPE, "'" + key + "." + GROUND_TRUTH + "' must be a text or a number");
        }
        found.rewardModel = true;
        found.label = truth.isMissingNode() || truth.isNull() ? null : RowValues.checkedUnicode(truth.asString());
        RowValues.checkWritable(model);
        found.metadata.set(key, model);
    }

    /** Tools as a list, or as the text of one, as data sets without nested columns have them. */
    private static @Nullable ArrayNode tools(String key, JsonParser parser) throws BadRowException {
        JsonNode node = TREES.readTree(parser);
        if (node.isString() && !node.stringValue().isBlank()) {
            try {
                node = Json.MAPPER.readTree(node.stringValue());
            } catch (JacksonException e) {
                throw new BadRowException(WRONG_SHAPE, "'" + key + "' is a text that is no JSON: " + detail(e));
            }
        }
        if (RowValues.isNothing(node)) {
            return null;
        }
        if (!(node instanceof ArrayNode tools) || !node.values().stream().allMatch(JsonNode::isObject)) {
            throw new BadRowException(WRONG_SHAPE, "'" + key + "' must be a list of objects");
        }
        RowValues.checkWritable(node);
        return tools;
    }

    private static void kept(String key, JsonParser parser, ObjectNode metadata) throws BadRowException {
        JsonNode node = TREES.readTree(parser);
        if (!node.isNull()) {
            RowValues.checkWritable(node);
            metadata.set(key, node);
        }
    }

    private List<ChatMessage> messages(String key, JsonParser parser) throws BadRowException {
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.START_OBJECT) {
                throw wrongPrompt(key);
            }
            messages.add(MessageParser.message(parser, shape.rendering().isModels(), messages.size() + 1));
        }
        return messages;
    }

    private Prompt.TokenIds tokenIds(String key, JsonParser parser) throws BadRowException {
        int[] ids = new int[64];
        int count = 0;
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.VALUE_NUMBER_INT) {
                throw wrongPrompt(key);
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

    private static @Nullable String label(String key, JsonParser parser) throws BadRowException {
        return switch (parser.currentToken()) {
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> RowValues.checkedUnicode(parser.getString());
            case VALUE_NULL -> null;
            default -> throw new BadRowException(WRONG_SHAPE, "'" + key + "' must be a text or a number");
        };
    }

    private static ObjectNode metadata(String key, JsonParser parser) throws BadRowException {
        JsonNode node = TREES.readTree(parser);
        if (node.isNull()) {
            return Json.object();
        }
        if (!(node instanceof ObjectNode metadata)) {
            throw new BadRowException(WRONG_SHAPE, "'" + key + "' must be an object");
        }
        RowValues.checkWritable(metadata);
        return metadata;
    }

    private String checkedText(String text) throws BadRowException {
        RowValues.checkedUnicode(text);
        if (text.isBlank()) {
            throw empty(promptNames());
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

    private static BadRowException empty(String what) {
        return new BadRowException(EMPTY_PROMPT, what + " is empty");
    }

    private static BadRowException wrongPrompt(String key) {
        return new BadRowException(
                WRONG_SHAPE, "'" + key + "' must be a text, a list of {role, content} or a list of token ids");
    }

    static String detail(JacksonException e) {
        TokenStreamLocation location = e.getLocation();
        String column = location == null ? "" : " at column " + location.getColumnNr();
        return cut(e.getOriginalMessage().replaceAll("\\p{Cntrl}", " ")) + column;
    }

    static String cut(String text) {
        return text.length() <= DETAIL_CHARS_MAX ? text : text.substring(0, DETAIL_CHARS_MAX) + "...";
    }
}
