package io.millrace.worker.reward;

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
     * The label, for rewards that cannot do without.
     *
     * @param lengthMax in characters
     * @throws RewardException when it is missing, blank or too long
     */
    String requiredLabel(int lengthMax) throws RewardException {
        if (label == null || label.isBlank()) {
            throw new RewardException(RewardFailure.NO_LABEL, "this reward needs a label, the prompt has none");
        }
        if (label.length() > lengthMax) {
            throw new RewardException(
                    RewardFailure.BAD_LABEL,
                    "a label of " + label.length() + " characters, this reward takes at most " + lengthMax);
        }
        return label;
    }
}
