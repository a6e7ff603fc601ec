package io.millrace.sandbox.engine.chat;

import io.millrace.common.json.Json;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** When the stand-in's model calls a tool: once for each question that is asked of it, where it has one. Stateless. */
public final class ToolUse {
    private static final String USER = "<|im_start|>user\n";
    private static final String TOOL = "<|im_start|>tool\n";
    private static final String CLOSE = "<|im_end|>";
    private static final Pattern SUM = Pattern.compile("\\d[\\d+*/(). -]{0,100}\\d");

    private static final int ARGUMENT_LENGTH_MAX = 40;

    private ToolUse() {}

    /**
     * The call that answers a prompt: of its first tool, every text argument being the sum in the question, or the question's beginning.
     *
     * @return null when the prompt has no tools, or a tool has answered since the question
     */
    public static @Nullable String call(String prompt) {
        int question = prompt.lastIndexOf(USER);
        int tools = prompt.indexOf(ChatTemplate.TOOLS_OPEN);
        if (tools < 0 || tools > question || prompt.lastIndexOf(TOOL) > question) {
            return null;
        }
        int from = tools + ChatTemplate.TOOLS_OPEN.length();
        JsonNode function;
        try {
            function = Json.MAPPER
                    .readTree(prompt.substring(from, prompt.indexOf('\n', from)))
                    .path("function");
        } catch (JacksonException e) {
            return null;
        }
        String asked = prompt.substring(question + USER.length(), prompt.indexOf(CLOSE, question));
        Matcher sum = SUM.matcher(asked);
        String argument = sum.find() ? sum.group() : asked.substring(0, Math.min(asked.length(), ARGUMENT_LENGTH_MAX));
        ObjectNode arguments = Json.object();
        function.path("parameters").path("properties").properties().forEach(property -> {
            if (property.getValue().path("type").asString("").equals("string")) {
                arguments.put(property.getKey(), argument);
            }
        });
        ObjectNode call = Json.object().put("name", function.path("name").asString(""));
        call.set("arguments", arguments);
        return "<tool_call>" + call + "</tool_call>";
    }
}
