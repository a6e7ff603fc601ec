package io.millrace.trainer.session;

/**
 * Mean response length of the groups handed over and of all that have finished, tokens a group: where they differ, the
 * choice of batches favours short or long answers. Owned by the loop.
 */
public final class LengthFigures {
    private long trainedTokens;
    private long trainedGroups;
    private long generatedTokens;
    private long generatedGroups;

    void trained(long tokens) {
        trainedTokens += tokens;
        trainedGroups++;
    }

    void generated(long tokens) {
        generatedTokens += tokens;
        generatedGroups++;
    }

    /** 0 before the first. */
    public double trainedMean() {
        return trainedGroups == 0 ? 0 : trainedTokens / (double) trainedGroups;
    }

    /** 0 before the first. */
    public double generatedMean() {
        return generatedGroups == 0 ? 0 : generatedTokens / (double) generatedGroups;
    }
}
