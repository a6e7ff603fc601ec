package io.millrace.sandbox.engine.chat;

import io.millrace.common.json.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The chat template of the stand-in's model: ChatML, with tools and their calls as Hermes and Qwen have them, and a tool's
 * answer under its own role. Stateless.
 */
public final class ChatTemplate {
    static final String TOOLS_OPEN = "<tools>\n";
    static final String TOOLS_CLOSE = "</tools>";

    private ChatTemplate() {}

    /**
     * The text of a chat.
     *
     * @param messages in OpenAI's form
     * @param tools the same; missing for none
     * @param answerBegins whether the beginning of an assistant's message stands at the end
     * @throws IllegalArgumentException when there is no message, or one without a role
     */
    public static String render(JsonNode messages, JsonNode tools, boolean answerBegins) {
        if (!messages.isArray() || messages.isEmpty()) {
            throw new IllegalArgumentException("messages must be a list of one at least");
        }
        StringBuilder text = new StringBuilder();
        if (!tools.isEmpty()) {
            open(text, "system").append("You may call these functions:\n").append(TOOLS_OPEN);
            tools.forEach(tool -> text.append(tool).append('\n'));
            close(text.append(TOOLS_CLOSE));
        }
        for (JsonNode message : messages) {
            if (!message.path("role").isString()) {
                throw new IllegalArgumentException("a message has no role: " + message);
            }
            open(text, message.path("role").stringValue())
                    .append(message.path("content").asString(""));
            for (JsonNode call : message.path("tool_calls")) {
                text.append("<tool_call>").append(call(call.path("function"))).append("</tool_call>");
            }
            close(text);
        }
        return answerBegins ? open(text, "assistant").toString() : text.toString();
    }

    private static StringBuilder open(StringBuilder text, String role) {
        return text.append("<|im_start|>").append(role).append('\n');
    }

    private static void close(StringBuilder text) {
        text.append("<|im_end|>\n");
    }

    private static JsonNode call(JsonNode function) {
        JsonNode arguments = function.path("arguments");
        try {
            return Json.object()
                    .put("name", function.path("name").asString(""))
                    .set("arguments", arguments.isString() ? Json.MAPPER.readTree(arguments.stringValue()) : arguments);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("a tool call's arguments are no JSON: " + arguments, e);
        }
    }
}
