package io.millrace.common.reward;

/** Why a sample has no reward. */
public enum RewardFailure {
    /** The reward compares with a label and the prompt has none. */
    NO_LABEL("reward-no-label"),
    /** The label is not what the reward can compare with. */
    BAD_LABEL("reward-bad-label"),
    /** The prompt names no reward or one that is not registered. */
    UNKNOWN_REWARD("reward-unknown"),
    /** The reward function threw what it must not: a bug in it. */
    BROKEN("reward-broken"),
    /** No answer within the deadline. Never the same as a reward of 0: nobody knows whether the sample was wrong. */
    TIMED_OUT("reward-timeout"),
    /** No place to run became free in time. */
    BUSY("reward-busy"),
    /** Too many earlier scores passed their deadline and still run. */
    STUCK("reward-stuck"),
    /** The scorer was closed. */
    CLOSED("reward-closed");

    private final String word;

    RewardFailure(String word) {
        this.word = word;
    }

    /** The stable word for counting, as receipts and metrics carry it. */
    public String word() {
        return word;
    }
}
