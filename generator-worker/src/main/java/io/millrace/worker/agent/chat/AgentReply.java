package io.millrace.worker.agent.chat;

import io.millrace.common.json.Json;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.worker.generator.GeneratedSample;
import io.millrace.worker.generator.Trajectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An agent's answer to its task: which completions are samples, and what they are worth. Tokens are none of its business;
 * those are the transcript's.
 *
 * @param samples one for each completion that is a sample's last; null for all that no other goes on with
 * @param all what holds for those that say nothing else
 */
public record AgentReply(@Nullable List<Said> samples, Said all) {
    private static final int SHOWN_LENGTH_MAX = 200;

    /** What an agent says of a sample; null for what it does not say. */
    public record Said(
            @Nullable String completion,
            @Nullable Reward reward,
            @Nullable SampleStatus status,
            @Nullable String response,
            @Nullable ObjectNode metadata) {
        private Said over(Said other) {
            return new Said(
                    completion,
                    reward == null ? other.reward : reward,
                    status == null ? other.status : status,
                    response == null ? other.response : response,
                    metadata == null ? other.metadata : metadata);
        }
    }

    /** The answer is none, or is none to this task. */
    public static final class BadReplyException extends Exception {
        BadReplyException(String message) {
            super(message, null, false, false);
        }
    }

    /** The agent says that it cannot do the task. */
    public static final class RefusalException extends Exception {
        RefusalException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * @param taskId of the task that was posted
     * @param rewardKey of the number in a reward that is an object
     */
    public static AgentReply read(byte[] body, String taskId, String rewardKey)
            throws BadReplyException, RefusalException {
        JsonNode reply;
        try {
            reply = Json.MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw new BadReplyException("its answer is no JSON: " + e.getOriginalMessage());
        }
        if (!reply.isObject()) {
            throw new BadReplyException("its answer is no JSON object");
        }
        if (reply.has("task_id") && !reply.path("task_id").asString("").equals(taskId)) {
            throw new BadReplyException(
                    "it answers task " + shown(reply.path("task_id")) + ", it was asked for " + taskId);
        }
        if (reply.hasNonNull("error")) {
            throw new RefusalException(shown(reply.path("error")));
        }
        Said all = said(reply, rewardKey);
        JsonNode samples = reply.path("samples");
        if (samples.isMissingNode() || samples.isNull()) {
            return new AgentReply(null, all);
        }
        if (!samples.isArray() || samples.isEmpty()) {
            throw new BadReplyException("samples must be a list of one at least");
        }
        List<Said> each = new ArrayList<>();
        for (JsonNode sample : samples) {
            if (!sample.path("completion").isString()) {
                throw new BadReplyException(
                        "a sample must name its last completion, the id of an answer that it got: " + shown(sample));
            }
            each.add(said(sample, rewardKey).over(all));
        }
        return new AgentReply(each, all);
    }

    private static Said said(JsonNode node, String rewardKey) throws BadReplyException {
        JsonNode metadata = node.path("metadata");
        if (!(metadata.isMissingNode() || metadata.isNull() || metadata.isObject())) {
            throw new BadReplyException("metadata must be an object, was " + shown(metadata));
        }
        JsonNode response = node.path("response");
        return new Said(
                node.path("completion").isString() ? node.path("completion").stringValue() : null,
                reward(node.path("reward"), rewardKey),
                status(node.path("status")),
                response.isString() ? response.stringValue() : null,
                metadata instanceof ObjectNode object ? object : null);
    }

    private static @Nullable Reward reward(JsonNode reward, String key) throws BadReplyException {
        if (reward.isMissingNode() || reward.isNull()) {
            return null;
        }
        JsonNode value = reward.isObject() ? reward.path(key) : reward;
        double number = value.isBoolean() ? (value.booleanValue() ? 1 : 0) : value.asDouble(Double.NaN);
        if (!Double.isFinite(number) || value.isString()) {
            throw new BadReplyException(
                    "reward must be a finite number, or an object with one under '" + key + "', was " + shown(reward));
        }
        return new Reward(number, reward instanceof ObjectNode detail ? detail : null);
    }

    private static @Nullable SampleStatus status(JsonNode status) throws BadReplyException {
        if (status.isMissingNode() || status.isNull()) {
            return null;
        }
        try {
            return SampleStatus.valueOf(status.asString("").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new BadReplyException("status must be completed, truncated, failed or aborted, was " + shown(status));
        }
    }

    private static String shown(JsonNode node) {
        String text = node.isString() ? node.stringValue() : node.toString();
        return text.length() <= SHOWN_LENGTH_MAX ? text : text.substring(0, SHOWN_LENGTH_MAX) + "...";
    }

    /**
     * The samples that it names.
     *
     * @throws BadReplyException when it names a completion that this agent never got, or got none
     */
    public List<GeneratedSample> of(Transcript transcript) throws BadReplyException {
        List<Said> each = samples;
        if (each == null) {
            each = transcript.leaves().stream()
                    .map(leaf -> new Said(leaf, null, null, null, null).over(all))
                    .toList();
        }
        if (each.isEmpty()) {
            throw new BadReplyException("it answered without having asked for a completion");
        }
        List<String> lasts = new ArrayList<>();
        for (Said said : each) {
            String last = String.valueOf(said.completion());
            if (!transcript.has(last)) {
                throw new BadReplyException("it names completion '" + last + "', which this task has not got");
            }
            lasts.add(last);
        }
        List<Trajectory> trajectories = transcript.trajectories(lasts);
        List<GeneratedSample> made = new ArrayList<>();
        for (int i = 0; i < lasts.size(); i++) {
            Said said = each.get(i);
            Trajectory trajectory = trajectories.get(i);
            ObjectNode metadata = Json.object();
            metadata.set("agent", transcript.said(lasts.get(i)));
            if (said.metadata() != null) {
                metadata.setAll(said.metadata());
            }
            made.add(new GeneratedSample(
                    trajectory,
                    said.response() == null ? trajectory.text() : said.response(),
                    said.status() == null ? trajectory.status() : said.status(),
                    said.reward(),
                    metadata));
        }
        return made;
    }
}
