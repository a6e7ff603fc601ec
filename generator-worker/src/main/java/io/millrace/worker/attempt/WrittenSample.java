package io.millrace.worker.attempt;

import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import java.util.Arrays;

/**
 * A sample as a group has it. The arrays are shared: do not change them.
 *
 * @param promptIds as many as the header says
 * @param tokens of the response, as many as the header says, and so are log-probabilities and mask
 * @param lossMask 1 where a token is trained on, else 0
 * @param tensors its further ones, of the header's shapes
 */
public record WrittenSample(
        SampleHeader header, int[] promptIds, int[] tokens, float[] logProbs, byte[] lossMask, SampleTensors tensors) {
    public WrittenSample {
        int length = header.responseLength();
        if (promptIds.length != header.promptLength()
                || tokens.length != length
                || logProbs.length != length
                || lossMask.length != length) {
            throw new IllegalArgumentException("sample " + header.index() + " says it has " + header.promptLength()
                    + " + " + length + " tokens, and has " + promptIds.length + " + " + tokens.length + ", "
                    + logProbs.length + " log-probabilities and a mask of " + lossMask.length);
        }
    }

    /** The same, worth this; judging it took so much longer. */
    public WrittenSample rewarded(Reward reward, double scoringSeconds) {
        return new WrittenSample(
                header.rewarded(reward, scoringSeconds), promptIds, tokens, logProbs, lossMask, tensors);
    }

    /** The mask of a sample that is trained on whole. */
    static byte[] ones(int length) {
        byte[] mask = new byte[length];
        Arrays.fill(mask, (byte) 1);
        return mask;
    }
}
