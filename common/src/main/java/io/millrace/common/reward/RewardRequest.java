package io.millrace.common.reward;

import io.millrace.common.record.Prompt;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One sample to be judged.
 *
 * @param response the engine's text, without the prompt
 * @param label the data set's answer; null where it gives none
 * @param metadata of the prompt; read only, shared by the samples of the group
 */
public record RewardRequest(
        Prompt prompt, String response, @Nullable String label, ObjectNode metadata) {
    public RewardRequest {
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(response, "response");
        Objects.requireNonNull(metadata, "metadata");
    }

    /** The same request about another text. */
    RewardRequest withResponse(String other) {
        return new RewardRequest(prompt, other, label, metadata);
    }

    /**
     * What a reward compares answers with.
     *
     * @throws RewardException when the label is missing, or none that it can compare with
     */
    public String label(NamedReward reward) throws RewardException {
        try {
            return reward.labels().read(label);
        } catch (LabelException e) {
            throw new RewardException(
                    e.isMissing() ? RewardFailure.NO_LABEL : RewardFailure.BAD_LABEL,
                    "reward " + reward.name() + ": " + e.getMessage());
        }
    }
}
