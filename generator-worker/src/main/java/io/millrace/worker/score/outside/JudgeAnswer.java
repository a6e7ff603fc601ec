package io.millrace.worker.score.outside;

import io.millrace.common.json.Json;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Prompt;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The words between a worker and a judge outside it. A question is {@code {"prompt", "response", "label", "metadata"}}: the
 * prompt as text, as messages or as token ids, as the data set has it; of a sample also {@code "group_index", "index",
 * "response_length", "status", "evaluation"}. That of a whole group has {@code "samples"}, a list of what differs between
 * them. An answer is a number, or an object that has one under the reward's key, or either under {@code "reward"}; that to a
 * group is a list of those, or has it under {@code "rewards"}. {@code {"error": "..."}} is a refusal.
 */
final class JudgeAnswer {
    private static final int SHOWN_LENGTH_MAX = 200;

    private JudgeAnswer() {}

    /** @param more whether all that is known of it goes with it, or only what slime's remote_rm has */
    static ObjectNode question(RewardRequest request, boolean more) {
        ObjectNode question = Json.object();
        prompt(question, request);
        question.put("response", request.response()).put("label", request.label());
        if (more) {
            question.set("metadata", request.metadata());
            made(question, request);
        }
        return question;
    }

    /** @param samples of one group */
    static ObjectNode question(List<RewardRequest> samples) {
        RewardRequest first = samples.getFirst();
        ObjectNode question = Json.object();
        prompt(question, first);
        question.put("label", first.label());
        question.set("metadata", first.metadata());
        ArrayNode each = question.putArray("samples");
        for (RewardRequest sample : samples) {
            made(each.addObject().put("response", sample.response()), sample);
        }
        return question;
    }

    private static void prompt(ObjectNode question, RewardRequest request) {
        switch (request.prompt()) {
            case Prompt.Text text -> question.put("prompt", text.text());
            case Prompt.Messages chat -> question.set("prompt", Json.MAPPER.valueToTree(chat.messages()));
            case Prompt.TokenIds ids -> question.set("prompt", Json.MAPPER.valueToTree(ids.inputIds()));
        }
    }

    private static void made(ObjectNode question, RewardRequest request) {
        RewardRequest.Made made = request.made();
        if (made != null) {
            question.put("group_index", made.groupIndex())
                    .put("index", made.index())
                    .put("response_length", made.responseLength())
                    .put("status", made.truncated() ? "truncated" : "completed")
                    .put("evaluation", made.kind() == GroupKind.EVALUATION);
        }
    }

    /**
     * @param who for messages
     * @throws RewardException {@link RewardFailure#BROKEN} when it is no JSON, or a refusal
     */
    static JsonNode read(String who, String text) throws RewardException {
        JsonNode answer;
        try {
            answer = Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw broken(who + " answered with no JSON: " + shown(text));
        }
        if (answer.path("error").isString()) {
            throw broken(who + " refused: " + shown(answer.path("error").stringValue()));
        }
        return answer;
    }

    /**
     * @param who for messages
     * @param key of the number in an answer that is an object
     * @throws RewardException {@link RewardFailure#BROKEN} when it is no reward
     */
    static Reward reward(String who, JsonNode answer, String key) throws RewardException {
        JsonNode reward = answer.has("reward") ? answer.path("reward") : answer;
        JsonNode value = reward.isObject() ? reward.path(key) : reward;
        boolean truth = value.isBoolean();
        if (!truth && !(value.isNumber() && Double.isFinite(value.doubleValue()))) {
            throw broken(who + " answered without a finite number"
                    + (reward.isObject() ? " under '" + key + "': " : ": ") + shown(answer.toString()));
        }
        double number = truth ? (value.booleanValue() ? 1 : 0) : value.doubleValue();
        return new Reward(number, reward instanceof ObjectNode detail ? detail : null);
    }

    /**
     * @param count of the samples
     * @return as many
     */
    static List<Reward> rewards(String who, JsonNode answer, String key, int count) throws RewardException {
        JsonNode each = answer.isObject() ? answer.path("rewards") : answer;
        if (!each.isArray() || each.size() != count) {
            throw broken(who + " answered to a group of " + count + " samples without a list of " + count + " rewards: "
                    + shown(answer.toString()));
        }
        List<Reward> rewards = new ArrayList<>();
        for (JsonNode one : each) {
            rewards.add(reward(who, one, key));
        }
        return rewards;
    }

    static RewardException broken(String message) {
        return new RewardException(RewardFailure.BROKEN, message);
    }

    static String shown(String text) {
        return text.length() <= SHOWN_LENGTH_MAX ? text : text.substring(0, SHOWN_LENGTH_MAX) + "...";
    }
}
