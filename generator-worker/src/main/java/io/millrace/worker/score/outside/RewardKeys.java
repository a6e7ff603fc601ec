package io.millrace.worker.score.outside;

import io.millrace.common.record.GroupKind;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which number counts of a reward that is an object, as slime's {@code --reward-key} and {@code --eval-reward-key} say.
 *
 * @param training of samples that are trained on
 * @param evaluation of those of evaluations
 */
public record RewardKeys(String training, String evaluation) {
    String of(RewardRequest request) {
        RewardRequest.Made made = request.made();
        return made != null && made.kind() == GroupKind.EVALUATION ? evaluation : training;
    }

    /** A reward of this process by its key; one that has no number there counts as it did. */
    public Reward counted(Reward reward, RewardRequest request) {
        ObjectNode detail = reward.detail();
        if (detail == null) {
            return reward;
        }
        JsonNode value = detail.path(of(request));
        if (value.isBoolean()) {
            return new Reward(value.booleanValue() ? 1 : 0, detail);
        }
        return value.isNumber() && Double.isFinite(value.doubleValue())
                ? new Reward(value.doubleValue(), detail)
                : reward;
    }
}
