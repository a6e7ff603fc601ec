package io.millrace.common.reward;

import java.util.Objects;

/** A sample that has no reward. Expected, so it carries no stack trace: it is data, with a kind for counting. */
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
