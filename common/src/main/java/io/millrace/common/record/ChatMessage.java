package io.millrace.common.record;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One message of a chat prompt. In JSON it is an object with all of its fields side by side.
 *
 * @param content its text; empty where it has none
 * @param more the other fields that a model's chat template is shown, such as tool calls, and {@code content} where that
 *     is no text; null when there are none. A message without content has an empty text. Do not change it.
 */
public record ChatMessage(
        String role, String content, @Nullable ObjectNode more) {
    private static final String ROLE = "role";
    private static final String CONTENT = "content";

    /** Text alone. */
    public ChatMessage(String role, String content) {
        this(role, content, null);
    }

    /** @throws IllegalArgumentException when it has no role, or no content and nothing instead */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static ChatMessage of(ObjectNode json) {
        JsonNode role = json.path(ROLE);
        if (!role.isString()) {
            throw new IllegalArgumentException("a message must have a text as 'role'");
        }
        ObjectNode more = json.deepCopy();
        more.remove(ROLE);
        JsonNode content = json.path(CONTENT);
        if (content.isString()) {
            more.remove(CONTENT);
        }
        if (content.isMissingNode() && more.isEmpty()) {
            throw new IllegalArgumentException("a message must have 'content'");
        }
        return new ChatMessage(
                role.stringValue(), content.isString() ? content.stringValue() : "", more.isEmpty() ? null : more);
    }

    /** All of it, as a chat template is shown it. */
    @JsonValue
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put(ROLE, role);
        if (more == null || more.isEmpty()) {
            return json.put(CONTENT, content);
        }
        if (!more.has(CONTENT)) {
            json.put(CONTENT, content);
        }
        return json.setAll(more);
    }
}
