package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * The tool calls in a model's answer, in the form that Hermes, Qwen and others are trained on: {@code
 * <tool_call>{"name": "...", "arguments": {...}}</tool_call>}, one after another, behind the text. What is no such call stays
 * text. One pass over the answer, whatever stands in it.
 *
 * @param text what stands before the first call
 * @param calls as OpenAI's API has them; empty when there is none
 */
record ToolCalls(String text, ArrayNode calls) {
    private static final String OPEN = "<tool_call>";
    private static final String CLOSE = "</tool_call>";
    private static final int CALLS_MAX = 32;

    /** @param id of the completion; the calls' own are made of it */
    static ToolCalls read(String answer, String id) {
        ArrayNode calls = Json.MAPPER.createArrayNode();
        int open = answer.indexOf(OPEN);
        int first = open;
        while (open >= 0 && calls.size() < CALLS_MAX) {
            int from = open + OPEN.length();
            int close = answer.indexOf(CLOSE, from);
            int to = close < 0 ? answer.length() : close;
            if (!add(calls, answer.substring(from, to).strip(), id)) {
                return new ToolCalls(answer, Json.MAPPER.createArrayNode());
            }
            open = close < 0 ? -1 : answer.indexOf(OPEN, close);
        }
        return calls.isEmpty() ? new ToolCalls(answer, calls) : new ToolCalls(answer.substring(0, first), calls);
    }

    private static boolean add(ArrayNode calls, String text, String id) {
        JsonNode call;
        try {
            call = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            return false;
        }
        JsonNode arguments = call.path("arguments");
        if (!call.path("name").isString() || !(arguments.isObject() || arguments.isMissingNode())) {
            return false;
        }
        calls.addObject()
                .put("id", "call_" + id + "_" + calls.size())
                .put("type", "function")
                .putObject("function")
                .put("name", call.path("name").stringValue())
                .put("arguments", arguments.isMissingNode() ? "{}" : arguments.toString());
        return true;
    }
}
