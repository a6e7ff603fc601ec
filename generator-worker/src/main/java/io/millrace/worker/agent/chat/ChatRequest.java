package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request for {@code /v1/chat/completions}.
 *
 * @param messages as the template gets them
 * @param template what else goes into the template: {@code tools}, {@code chat_template_kwargs}
 * @param tools whether an answer may have tool calls
 */
public record ChatRequest(List<ObjectNode> messages, ObjectNode template, boolean tools, Wishes wishes) {
    public ChatRequest {
        messages = List.copyOf(messages);
    }

    /** @throws ApiError when it asks for what is not there, or is none */
    public static ChatRequest read(JsonNode body) throws ApiError {
        if (body.path("functions").isArray()) {
            throw ApiError.bad("functions are tools now: use tools");
        }
        ObjectNode template = Json.object();
        JsonNode choice = body.path("tool_choice");
        boolean none = choice.asString("").equals("none");
        if (!(choice.isMissingNode()
                || choice.isNull()
                || none
                || choice.asString("").equals("auto"))) {
            throw ApiError.bad("tool_choice must be auto or none, was " + ChatMessages.shown(choice.toString()));
        }
        JsonNode tools = body.path("tools");
        if (!tools.isMissingNode() && !tools.isNull() && !tools.isArray()) {
            throw ApiError.bad("tools must be a list");
        }
        boolean offered = !tools.isEmpty() && !none;
        if (offered) {
            template.set("tools", tools);
        }
        if (body.path("chat_template_kwargs").isObject()) {
            template.set("chat_template_kwargs", body.path("chat_template_kwargs"));
        }
        return new ChatRequest(ChatMessages.read(body.path("messages")), template, offered, Wishes.read(body));
    }

    /** Its messages as they are compared with others. */
    List<ObjectNode> canonical() {
        return messages.stream().map(ChatMessages::canonical).toList();
    }

    /** All of it, with the beginning of the next answer. */
    public ObjectNode rendered() {
        return rendered(messages, true);
    }

    /** Its first messages as they stand once others follow. */
    public ObjectNode renderedBeginning(int count) {
        return rendered(messages.subList(0, count), false);
    }

    /** Its messages before the one at this place, and there an assistant's that says just this. */
    public ObjectNode renderedWith(int at, String said) {
        List<ObjectNode> others = new ArrayList<>(messages.subList(0, at));
        others.add(Json.object().put("role", "assistant").put("content", said));
        return rendered(others, false);
    }

    private ObjectNode rendered(List<ObjectNode> some, boolean answerBegins) {
        ObjectNode chat = template.deepCopy();
        ArrayNode list = chat.putArray("messages");
        some.forEach(list::add);
        return chat.put("add_generation_prompt", answerBegins);
    }
}
