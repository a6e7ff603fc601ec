package io.millrace.common.reward;

import io.millrace.common.record.GroupKind;
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
 * @param made how the sample came to be; null where only the text is known
 */
public record RewardRequest(
        Prompt prompt,
        String response,
        @Nullable String label,
        ObjectNode metadata,
        @Nullable Made made) {
    /**
     * What is known of a sample besides its text.
     *
     * @param kind what its group is generated for
     * @param groupIndex of its group, among those of its kind
     * @param index of the sample over the whole run
     * @param responseLength in tokens
     * @param truncated whether it was ended by its token limit
     */
    public record Made(GroupKind kind, long groupIndex, long index, int responseLength, boolean truncated) {}

    /** Of a text of which nothing else is known. */
    public RewardRequest(Prompt prompt, String response, @Nullable String label, ObjectNode metadata) {
        this(prompt, response, label, metadata, null);
    }

    public RewardRequest {
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(response, "response");
        Objects.requireNonNull(metadata, "metadata");
    }

    /** The same request about the response's boxed answer, as slime cuts it; about the empty text where there is none. */
    RewardRequest boxed() {
        return withResponse(BoxedAnswer.ofSlime(response).orElse(""));
    }

    /** The same request about another text. */
    private RewardRequest withResponse(String other) {
        return new RewardRequest(prompt, other, label, metadata, made);
    }

    /**
     * The label as the data set gives it, for rewards that read it in a way of their own.
     *
     * @throws RewardException as {@link #label(NamedReward)}
     */
    public String checkedLabel(NamedReward reward) throws RewardException {
        var _ = label(reward);
        return Objects.requireNonNull(label, "label");
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
