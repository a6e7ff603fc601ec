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
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A rollout group as it stands in its blob: read and checked once, with every value in range, and not copied. What is
 * handed on takes its bytes from here; {@link #unpack} makes arrays and texts of them. Immutable; the blob must not be
 * changed.
 */
public final class PackedGroup {
    private final GroupHeader header;
    private final long sizeBytes;
    private final TensorSlice headerJson;
    private final TensorSlice tokens;
    private final int tokenCount;
    private final TensorSlice logProbs;
    private final float largestPositiveLogProb;
    /** Null where all are 1. */
    private final @Nullable TensorSlice lossMask;

    private final ResponseTexts texts;
    private final Map<String, TensorSlice> extras;

    private PackedGroup(
            GroupHeader header,
            long sizeBytes,
            TensorSlice headerJson,
            TensorSlice tokens,
            int tokenCount,
            TensorSlice logProbs,
            float largestPositiveLogProb,
            @Nullable TensorSlice lossMask,
            ResponseTexts texts,
            Map<String, TensorSlice> extras) {
        this.header = header;
        this.sizeBytes = sizeBytes;
        this.headerJson = headerJson;
        this.tokens = tokens;
        this.tokenCount = tokenCount;
        this.logProbs = logProbs;
        this.largestPositiveLogProb = largestPositiveLogProb;
        this.lossMask = lossMask;
        this.texts = texts;
        this.extras = extras;
    }

    /**
     * Reads all of it and checks every value.
     *
     * @throws io.millrace.common.json.NewerRecordException when it is of a later version
     * @throws BadRecordException when the blob is no group, or one that {@link RolloutGroup} refuses
     */
    public static PackedGroup read(byte[] blob) throws BadRecordException {
        SafetensorsView view = Safetensors.read(blob);
        GroupHeader header = HeaderJson.read(view, GroupHeader.class);
        Map<String, TensorSlice> ours = new HashMap<>();
        Map<String, TensorSlice> extras = new TreeMap<>();
        for (SafetensorsView.Entry entry : view.entries().values()) {
            (RolloutGroup.RESERVED.contains(entry.name()) ? ours : extras)
                    .put(entry.name(), TensorSlice.of(view, entry));
        }
        long tokenCount = 0;
        long responseCount = 0;
        for (SampleHeader sample : header.samples()) {
            // Added as longs: two huge ints of a bad blob must not cancel out.
            tokenCount += (long) sample.promptLength() + sample.responseLength();
            responseCount += sample.responseLength();
        }
        TensorSlice tokens = present(ours, TOKENS);
        TokenForm.check(TOKENS, tokens, tokenCount);
        TensorSlice logProbs = present(ours, LOG_PROBS);
        check(LOG_PROBS, logProbs, "F32", responseCount);
        IntScan values = IntScan.of(logProbs);
        if (!values.areFinite()) {
            throw new BadRecordException("one of the " + LOG_PROBS + " is not finite");
        }
        TensorSlice lossMask = ours.get(LOSS_MASK);
        if (lossMask != null) {
            check(LOSS_MASK, lossMask, "U8", responseCount);
            checkMask(lossMask);
        }
        PackedGroup group = new PackedGroup(
                header,
                blob.length,
                present(ours, HeaderJson.TENSOR),
                tokens,
                (int) tokenCount,
                logProbs,
                values.largestPositive(),
                lossMask,
                ResponseTexts.read(ours, header.samples().size()),
                Map.copyOf(extras));
        group.checkParts();
        return group;
    }

    /** The same group in its bytes. */
    public static PackedGroup of(RolloutGroup group) {
        try {
            return read(RolloutGroupCodec.encode(group));
        } catch (BadRecordException e) {
            throw new IllegalStateException("a group that was just encoded cannot be read: this is a bug", e);
        }
    }

    private static TensorSlice present(Map<String, TensorSlice> tensors, String name) throws BadRecordException {
        TensorSlice slice = tensors.get(name);
        if (slice == null) {
            throw new BadRecordException("the blob has no tensor " + name);
        }
        return slice;
    }

    static void check(String name, TensorSlice slice, String dtype, long count) throws BadRecordException {
        if (!slice.dtype().equals(dtype) || !slice.shape().equals(List.of(count))) {
            throw new BadRecordException(
                    "tensor " + name + " must be " + dtype + "[" + count + "] by the samples' lengths, is " + slice);
        }
    }

    private static void checkMask(TensorSlice lossMask) throws BadRecordException {
        int all = 0;
        for (int at = lossMask.begin(); at < lossMask.end(); at++) {
            all |= lossMask.bytes()[at];
        }
        if ((all & ~1) != 0) {
            throw new BadRecordException("one of the " + LOSS_MASK + " is neither 0 nor 1");
        }
    }

    /** Whether the extras of which samples have parts consist of just these. */
    private void checkParts() throws BadRecordException {
        try {
            RolloutGroup.checkParts(header.samples(), name -> {
                TensorSlice slice = extras.get(name);
                return slice == null ? null : slice.sizes();
            });
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("group " + header.groupIndex() + ": " + e.getMessage(), e);
        }
    }

    /** Everything but tensors and texts: {@link SampleHeader#response} is empty. */
    public GroupHeader header() {
        return header;
    }

    /** Of prompts and responses. */
    public int tokenCount() {
        return tokenCount;
    }

    /** Of responses. */
    public int responseCount() {
        return logProbs.sizeBytes() / Float.BYTES;
    }

    /** What it keeps in memory, about. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** The largest log-probability above zero, which none should be; 0 where none is. */
    public float largestPositiveLogProb() {
        return largestPositiveLogProb;
    }

    /** The values of the loss mask, its own copy. */
    public byte[] lossMask() {
        byte[] mask;
        if (lossMask == null) {
            mask = new byte[responseCount()];
            Arrays.fill(mask, (byte) 1);
        } else {
            mask = Arrays.copyOfRange(lossMask.bytes(), lossMask.begin(), lossMask.end());
        }
        return mask;
    }

    /** The same with this mask. */
    public PackedGroup withLossMask(byte[] mask) {
        TensorSlice given = TensorSlice.of(new Tensor("U8", new long[] {mask.length}, mask));
        return new PackedGroup(
                header,
                sizeBytes + mask.length,
                headerJson,
                tokens,
                tokenCount,
                logProbs,
                largestPositiveLogProb,
                given,
                texts,
                extras);
    }

    /** The names of its further tensors. */
    public Set<String> extraNames() {
        return extras.keySet();
    }

    /** The same with one more further tensor. */
    public PackedGroup with(String name, Tensor tensor) {
        Map<String, TensorSlice> more = new HashMap<>(extras);
        more.put(name, TensorSlice.of(tensor));
        return new PackedGroup(
                header,
                sizeBytes + tensor.data().length,
                headerJson,
                tokens,
                tokenCount,
                logProbs,
                largestPositiveLogProb,
                lossMask,
                texts,
                Map.copyOf(more));
    }

    TensorSlice headerJson() {
        return headerJson;
    }

    TensorSlice tokens() {
        return tokens;
    }

    TensorSlice logProbs() {
        return logProbs;
    }

    /** Null where all are 1. */
    @Nullable
    TensorSlice lossMaskSlice() {
        return lossMask;
    }

    ResponseTexts texts() {
        return texts;
    }

    Map<String, TensorSlice> extras() {
        return extras;
    }

    /** Arrays and texts of its own. */
    public RolloutGroup unpack() {
        List<String> said;
        try {
            said = texts.texts();
        } catch (BadRecordException e) {
            throw new IllegalStateException("texts that were checked do not unpack: the blob was changed", e);
        }
        int[] ids = new int[tokenCount];
        TokenForm.get(tokens, 0, ids, tokenCount);
        float[] probs = new float[responseCount()];
        ByteBuffer.wrap(logProbs.bytes(), logProbs.begin(), logProbs.sizeBytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(probs);
        Map<String, Tensor> tensors = HashMap.newHashMap(extras.size());
        extras.forEach((name, slice) -> tensors.put(name, slice.copy()));
        return new RolloutGroup(header.said(said), ids, probs, lossMask(), tensors);
    }
}
