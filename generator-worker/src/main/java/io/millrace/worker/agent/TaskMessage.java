package io.millrace.worker.agent;

import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.worker.generator.Rollout;
import tools.jackson.databind.node.ObjectNode;

/** What an agent is asked. Stateless. */
final class TaskMessage {
    private TaskMessage() {}

    static ObjectNode of(Rollout rollout, String taskId) {
        TrainingTask task = rollout.task();
        ObjectNode message = Json.object()
                .put("task_id", taskId)
                .put("group_index", task.groupIndex().value())
                .put("sample_index", rollout.index())
                .put("position", rollout.position())
                .put("samples", task.samples())
                .put("attempt", task.attempt().value())
                .put("evaluation", rollout.evaluation());
        switch (task.prompt()) {
            case Prompt.Text text -> {
                message.put("prompt", text.text());
                message.putArray("messages").addObject().put("role", "user").put("content", text.text());
            }
            case Prompt.Messages chat -> {
                message.put("prompt", chat.rendered());
                message.set("messages", Json.MAPPER.valueToTree(chat.messages()));
            }
            case Prompt.TokenIds ids -> message.set("prompt_ids", Json.MAPPER.valueToTree(ids.inputIds()));
        }
        message.put("label", task.label());
        message.set("metadata", task.metadata());
        SamplingParams params = rollout.samplingParams();
        message.putObject("sampling_params")
                .put("temperature", params.temperature())
                .put("top_p", params.topP())
                .put("max_tokens", params.maxNewTokens());
        return message;
    }
}
