package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.engine.dialect.Generation.Finish;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A completion in OpenAI's forms, whole or as events: those come when all of it is there, since engines are asked for whole
 * turns, whose versions are exact.
 *
 * @param id of the completion
 * @param model as agents are told
 * @param createdSeconds wall clock
 * @param promptTokens what it was generated behind
 * @param message the assistant's of a chat; null for one that is none
 */
public record Answer(
        String id,
        String model,
        long createdSeconds,
        int promptTokens,
        Turn turn,
        @Nullable ObjectNode message) {
    /** The answer of a chat as its message: its text, and tool calls where it may have them. */
    public static ObjectNode message(String id, Turn turn, boolean tools) {
        ObjectNode message = Json.object().put("role", "assistant");
        if (!tools) {
            return message.put("content", turn.text());
        }
        ToolCalls read = ToolCalls.read(turn.text(), id);
        if (read.calls().isEmpty()) {
            return message.put("content", turn.text());
        }
        if (read.text().isBlank()) {
            message.putNull("content");
        } else {
            message.put("content", read.text());
        }
        message.set("tool_calls", read.calls());
        return message;
    }

    private String finish() {
        if (message != null && message.has("tool_calls") && turn.finish() == Finish.STOP) {
            return "tool_calls";
        }
        return turn.finish() == Finish.STOP ? "stop" : "length";
    }

    private ObjectNode usage() {
        int completion = turn.tokens().length;
        ObjectNode usage = Json.object()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", completion)
                .put("total_tokens", promptTokens + completion);
        usage.putObject("prompt_tokens_details").put("cached_tokens", turn.cachedTokens());
        return usage;
    }

    private ObjectNode head(String object) {
        return Json.object()
                .put("id", id)
                .put("object", object)
                .put("created", createdSeconds)
                .put("model", model);
    }

    /** As one. */
    public ObjectNode whole() {
        ObjectNode whole = head(message == null ? "text_completion" : "chat.completion");
        ObjectNode choice = whole.putArray("choices").addObject().put("index", 0);
        if (message == null) {
            choice.put("text", turn.text());
        } else {
            choice.set("message", message);
        }
        choice.putNull("logprobs").put("finish_reason", finish());
        whole.set("usage", usage());
        return whole;
    }

    /** As server-sent events. */
    public byte[] events(boolean withUsage) {
        StringBuilder events = new StringBuilder();
        if (message == null) {
            ObjectNode chunk = head("text_completion");
            chunk.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .put("text", turn.text())
                    .putNull("logprobs")
                    .put("finish_reason", finish());
            event(events, chunk);
        } else {
            event(events, chunk(delta(message), null));
            event(events, chunk(Json.object(), finish()));
        }
        if (withUsage) {
            ObjectNode chunk = head(message == null ? "text_completion" : "chat.completion.chunk");
            chunk.putArray("choices");
            chunk.set("usage", usage());
            event(events, chunk);
        }
        return events.append("data: [DONE]\n\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Tool calls of a stream are numbered. */
    private static ObjectNode delta(ObjectNode message) {
        ObjectNode delta = message.deepCopy();
        int index = 0;
        for (JsonNode call : delta.path("tool_calls")) {
            ((ObjectNode) call).put("index", index++);
        }
        return delta;
    }

    private ObjectNode chunk(ObjectNode delta, @Nullable String finish) {
        ObjectNode chunk = head("chat.completion.chunk");
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs").put("finish_reason", finish);
        return chunk;
    }

    private static void event(StringBuilder events, ObjectNode data) {
        events.append("data: ").append(Json.MAPPER.writeValueAsString(data)).append("\n\n");
    }
}
