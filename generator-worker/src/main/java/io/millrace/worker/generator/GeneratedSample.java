package io.millrace.worker.generator;

import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleStatus;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A sample as its generator gives it back.
 *
 * @param trajectory its tokens; not to be changed any more
 * @param response what a reward judges, and what people see of it
 * @param status {@code COMPLETED}, {@code TRUNCATED} or {@code FAILED}, which is trained on as the others are; {@code
 *     ABORTED} fails the attempt, whose group is issued again
 * @param reward kept as it is; null when the prompt's reward is to judge
 * @param metadata beside the group's, and before it; null for none
 */
public record GeneratedSample(
        Trajectory trajectory,
        String response,
        SampleStatus status,
        @Nullable Reward reward,
        @Nullable ObjectNode metadata) {
    public GeneratedSample {
        Objects.requireNonNull(trajectory, "trajectory");
        Objects.requireNonNull(response, "response");
        Objects.requireNonNull(status, "status");
    }

    /** What the trajectory says of itself, to be judged by the prompt's reward. */
    public static GeneratedSample of(Trajectory trajectory) {
        return new GeneratedSample(trajectory, trajectory.text(), trajectory.status(), null, null);
    }

    /** The same, with this reward. */
    public GeneratedSample rewarded(Reward given) {
        return new GeneratedSample(trajectory, response, status, given, metadata);
    }

    /** The same, ended so. */
    public GeneratedSample ended(SampleStatus how) {
        return new GeneratedSample(trajectory, response, how, reward, metadata);
    }
}
