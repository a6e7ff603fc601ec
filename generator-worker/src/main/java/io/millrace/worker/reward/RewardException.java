package io.millrace.worker.reward;

import io.millrace.worker.score.ScoreResult;
import java.util.Objects;

/** A sample that cannot be judged. Expected, so it carries no stack trace; it becomes data in {@link ScoreResult.Failed}. */
public final class RewardException extends Exception {
    private final RewardFailure kind;

    /** @param message what is wrong with the request, for people */
    public RewardException(RewardFailure kind, String message) {
        super(message, null, false, false);
        this.kind = Objects.requireNonNull(kind, "kind");
    }

    public RewardFailure kind() {
        return kind;
    }
}
