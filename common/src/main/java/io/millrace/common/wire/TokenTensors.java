package io.millrace.common.wire;

import static io.millrace.common.rollout.RolloutGroup.LOG_PROBS;
import static io.millrace.common.rollout.RolloutGroup.LOSS_MASK;
import static io.millrace.common.rollout.RolloutGroup.TOKENS;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The three tensors every blob has, with the values of one or more groups back to back. It moves through them group by
 * group, writing or reading, and copies each group's values in bulk. Not thread-safe.
 */
final class TokenTensors {
    static final Set<String> NAMES = Set.of(TOKENS, LOG_PROBS, LOSS_MASK);

    private final IntBuffer tokens;
    private final FloatBuffer logProbs;
    private final ByteBuffer lossMask;

    private TokenTensors(SafetensorsView view) {
        tokens = view.data(TOKENS).asIntBuffer();
        logProbs = view.data(LOG_PROBS).asFloatBuffer();
        lossMask = view.data(LOSS_MASK);
    }

    /** Names the three tensors with room for these groups. */
    static void addTo(SafetensorsLayout layout, List<RolloutGroup> groups) {
        long tokenCount = 0;
        long responseCount = 0;
        for (RolloutGroup group : groups) {
            tokenCount += group.tokens().length;
            responseCount += group.lossMask().length;
        }
        layout.add(TOKENS, "I32", tokenCount);
        layout.add(LOG_PROBS, "F32", responseCount);
        layout.add(LOSS_MASK, "U8", responseCount);
    }

    /** For writing into a fresh blob laid out by {@link #addTo}. */
    static TokenTensors of(SafetensorsView view) {
        return new TokenTensors(view);
    }

    /** For reading, after {@link #check}. */
    static TokenTensors checked(SafetensorsView view, List<GroupHeader> headers) throws BadRecordException {
        check(view, headers);
        return new TokenTensors(view);
    }

    /** Whether the table has the three tensors, with exactly the values these headers speak of. */
    static void check(SafetensorsView view, List<GroupHeader> headers) throws BadRecordException {
        long tokenCount = 0;
        long responseCount = 0;
        for (GroupHeader header : headers) {
            for (SampleHeader sample : header.samples()) {
                // Added as longs: two huge ints of a bad blob must not cancel out.
                tokenCount += (long) sample.promptLength() + sample.responseLength();
                responseCount += sample.responseLength();
            }
        }
        check(view, TOKENS, "I32", tokenCount);
        check(view, LOG_PROBS, "F32", responseCount);
        check(view, LOSS_MASK, "U8", responseCount);
    }

    private static void check(SafetensorsView view, String name, String dtype, long count) throws BadRecordException {
        SafetensorsView.Entry entry = view.entries().get(name);
        if (entry == null) {
            throw new BadRecordException("the blob has no tensor " + name);
        }
        if (!entry.dtype().equals(dtype) || !entry.shape().equals(List.of(count))) {
            throw new BadRecordException("tensor " + name + " must be " + dtype + "[" + count
                    + "] by the samples' lengths, is " + entry.dtype() + entry.shape());
        }
    }

    void put(RolloutGroup group) {
        tokens.put(group.tokens());
        logProbs.put(group.logProbs());
        lossMask.put(group.lossMask());
    }

    RolloutGroup next(GroupHeader header, Map<String, Tensor> extras) throws BadRecordException {
        int tokenCount = 0;
        int responseCount = 0;
        for (SampleHeader sample : header.samples()) {
            tokenCount += sample.tokenCount();
            responseCount += sample.responseLength();
        }
        int[] groupTokens = new int[tokenCount];
        float[] groupLogProbs = new float[responseCount];
        byte[] groupLossMask = new byte[responseCount];
        tokens.get(groupTokens);
        logProbs.get(groupLogProbs);
        lossMask.get(groupLossMask);
        try {
            return new RolloutGroup(header, groupTokens, groupLogProbs, groupLossMask, extras);
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("group " + header.groupIndex() + ": " + e.getMessage(), e);
        }
    }
}
