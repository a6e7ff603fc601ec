package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Messages of a chat: as the template gets them, and as two are compared. Stateless. */
final class ChatMessages {
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

    private ChatMessages() {}

    /**
     * Without fields that are null, with text in place of its parts.
     *
     * @throws ApiError when one is none, or has what is no text
     */
    static List<ObjectNode> read(JsonNode messages) throws ApiError {
        if (!messages.isArray() || messages.isEmpty()) {
            throw ApiError.bad("messages must be a list of one message at least");
        }
        List<ObjectNode> read = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            String role = messages.path(i).path("role").asString("");
            if (!ROLES.contains(role)) {
                throw ApiError.bad("messages[" + i + "].role must be one of system, developer, user, assistant, tool,"
                        + " was '" + shown(role) + "'");
            }
            ObjectNode message = Json.object();
            messages.path(i).properties().forEach(field -> {
                if (!field.getValue().isNull()) {
                    message.set(field.getKey(), field.getValue());
                }
            });
            message.put("content", text(message.path("content"), i));
            if (!message.path("tool_calls").isMissingNode()
                    && !message.path("tool_calls").isArray()) {
                throw ApiError.bad("messages[" + i + "].tool_calls must be a list");
            }
            read.add(message);
        }
        return read;
    }

    private static String text(JsonNode content, int at) throws ApiError {
        if (content.isMissingNode()) {
            return "";
        }
        if (content.isString()) {
            return content.stringValue();
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            if (!part.path("type").asString("").equals("text")
                    || !part.path("text").isString()) {
                throw ApiError.bad("messages[" + at + "].content has a part of type '"
                        + shown(part.path("type").asString("")) + "': only text is recorded");
            }
            text.append(part.path("text").stringValue());
        }
        if (!content.isArray()) {
            throw ApiError.bad("messages[" + at + "].content must be a text or a list of texts");
        }
        return text.toString();
    }

    /**
     * What of a message counts when it is asked whether it is another: role, text without the blanks around it, tool calls
     * with their arguments as values, the call that it answers. Clients write the rest in their own ways.
     */
    static ObjectNode canonical(ObjectNode message) {
        ObjectNode canonical = Json.object();
        canonical.put("role", message.path("role").asString(""));
        canonical.put("content", message.path("content").asString("").strip());
        for (String field : List.of("name", "tool_call_id")) {
            if (message.path(field).isString()) {
                canonical.set(field, message.path(field));
            }
        }
        if (!message.path("tool_calls").isEmpty()) {
            ArrayNode calls = canonical.putArray("tool_calls");
            for (JsonNode call : message.path("tool_calls")) {
                calls.addObject()
                        .put("id", call.path("id").asString(""))
                        .put("name", call.path("function").path("name").asString(""))
                        .set("arguments", value(call.path("function").path("arguments")));
            }
        }
        return canonical;
    }

    private static JsonNode value(JsonNode arguments) {
        if (!arguments.isString()) {
            return arguments;
        }
        try {
            return Json.MAPPER.readTree(arguments.stringValue());
        } catch (JacksonException e) {
            return arguments;
        }
    }

    static String shown(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }
}
