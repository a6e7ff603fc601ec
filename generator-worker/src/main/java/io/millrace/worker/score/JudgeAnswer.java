package io.millrace.worker.score;

import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The words between a worker and a judge outside it. A question is {@code {"prompt", "response", "label", "metadata"}}: the
 * prompt as text, as messages or as token ids, as the data set has it. An answer is a number, or an object that has one
 * under the reward's key, or either under {@code "reward"}; {@code {"error": "..."}} is a refusal.
 */
final class JudgeAnswer {
    private static final int SHOWN_LENGTH_MAX = 200;

    private JudgeAnswer() {}

    /** @param metadata whether the prompt's metadata goes with it */
    static ObjectNode question(RewardRequest request, boolean metadata) {
        ObjectNode question = Json.object();
        switch (request.prompt()) {
            case Prompt.Text text -> question.put("prompt", text.text());
            case Prompt.Messages chat -> question.set("prompt", Json.MAPPER.valueToTree(chat.messages()));
            case Prompt.TokenIds ids -> question.set("prompt", Json.MAPPER.valueToTree(ids.inputIds()));
        }
        question.put("response", request.response()).put("label", request.label());
        if (metadata) {
            question.set("metadata", request.metadata());
        }
        return question;
    }

    /**
     * @param who for messages
     * @param key of the number in an answer that is an object
     * @throws RewardException {@link RewardFailure#BROKEN} when it is no answer
     */
    static Reward read(String who, String text, String key) throws RewardException {
        JsonNode answer;
        try {
            answer = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw broken(who + " answered with no JSON: " + shown(text));
        }
        if (answer.path("error").isString()) {
            throw broken(who + " refused: " + shown(answer.path("error").stringValue()));
        }
        JsonNode reward = answer.has("reward") ? answer.path("reward") : answer;
        JsonNode value = reward.isObject() ? reward.path(key) : reward;
        boolean truth = value.isBoolean();
        if (!truth && !(value.isNumber() && Double.isFinite(value.doubleValue()))) {
            throw broken(who + " answered without a finite number"
                    + (reward.isObject() ? " under '" + key + "': " : ": ") + shown(text));
        }
        double number = truth ? (value.booleanValue() ? 1 : 0) : value.doubleValue();
        return new Reward(number, reward instanceof ObjectNode detail ? detail : null);
    }

    static RewardException broken(String message) {
        return new RewardException(RewardFailure.BROKEN, message);
    }

    static String shown(String text) {
        return text.length() <= SHOWN_LENGTH_MAX ? text : text.substring(0, SHOWN_LENGTH_MAX) + "...";
    }
}
