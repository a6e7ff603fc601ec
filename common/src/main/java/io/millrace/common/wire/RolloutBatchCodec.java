package io.millrace.common.wire;

import static io.millrace.common.rollout.RolloutGroup.LOG_PROBS;
import static io.millrace.common.rollout.RolloutGroup.LOSS_MASK;
import static io.millrace.common.rollout.RolloutGroup.TOKENS;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One step as one safetensors blob, in memory: {@link BatchBlob} says what is in it. Stateless. */
public final class RolloutBatchCodec {
    private RolloutBatchCodec() {}

    /**
     * @throws IllegalArgumentException when the groups make no batch ({@link RolloutBatch}), or two extras would get the
     *     same tensor name
     * @throws BlobTooLargeException when all together pass {@link Safetensors#BLOB_BYTES_MAX}
     */
    public static byte[] encode(BatchHeader header, List<RolloutGroup> groups) {
        BatchBlob blob =
                BatchBlob.of(header, groups.stream().map(PackedGroup::of).toList());
        ByteArrayOutputStream out = new ByteArrayOutputStream(Math.toIntExact(blob.sizeBytes()));
        try {
            blob.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** @throws BadRecordException when the blob is no batch, or one that {@link RolloutBatch} refuses */
    public static RolloutBatch decode(byte[] blob) throws BadRecordException {
        SafetensorsView view = Safetensors.read(blob);
        BatchForm form = HeaderJson.read(view, BatchForm.class);
        Map<String, TensorSlice> tensors = new HashMap<>();
        view.entries().values().forEach(entry -> tensors.put(entry.name(), TensorSlice.of(view, entry)));
        List<SampleHeader> samples = form.groups().stream()
                .flatMap(group -> group.samples().stream())
                .toList();
        long tokenCount = 0;
        long responseCount = 0;
        for (SampleHeader sample : samples) {
            tokenCount += (long) sample.promptLength() + sample.responseLength();
            responseCount += sample.responseLength();
        }
        check(tensors, TOKENS, "I32", tokenCount);
        check(tensors, LOG_PROBS, "F32", responseCount);
        check(tensors, LOSS_MASK, "U8", responseCount);
        List<String> texts = ResponseTexts.read(tensors, samples.size()).texts();
        List<GroupIndex> indices =
                form.groups().stream().map(GroupHeader::groupIndex).toList();
        List<Map<String, Tensor>> extras = form.extras().read(view, indices);
        Values values = new Values(view);
        List<RolloutGroup> groups = new ArrayList<>(indices.size());
        int sample = 0;
        for (int i = 0; i < indices.size(); i++) {
            GroupHeader header = form.groups().get(i);
            int end = sample + header.samples().size();
            groups.add(values.next(header.said(texts.subList(sample, end)), extras.get(i)));
            sample = end;
        }
        try {
            return new RolloutBatch(form.header(), groups);
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("the blob holds no batch: " + e.getMessage(), e);
        }
    }

    private static void check(Map<String, TensorSlice> tensors, String name, String dtype, long count)
            throws BadRecordException {
        TensorSlice slice = tensors.get(name);
        if (slice == null) {
            throw new BadRecordException("the blob has no tensor " + name);
        }
        PackedGroup.check(name, slice, dtype, count);
    }

    /** Goes through the tensors group by group. */
    private static final class Values {
        private final ByteBuffer tokens;
        private final ByteBuffer logProbs;
        private final ByteBuffer lossMask;

        Values(SafetensorsView view) {
            tokens = view.data(TOKENS);
            logProbs = view.data(LOG_PROBS);
            lossMask = view.data(LOSS_MASK);
        }

        RolloutGroup next(GroupHeader header, Map<String, Tensor> extras) throws BadRecordException {
            int tokenCount = 0;
            int responseCount = 0;
            for (SampleHeader sample : header.samples()) {
                tokenCount += sample.tokenCount();
                responseCount += sample.responseLength();
            }
            int[] ids = new int[tokenCount];
            float[] probs = new float[responseCount];
            byte[] mask = new byte[responseCount];
            tokens.asIntBuffer().get(ids);
            tokens.position(tokens.position() + tokenCount * Integer.BYTES);
            logProbs.asFloatBuffer().get(probs);
            logProbs.position(logProbs.position() + responseCount * Float.BYTES);
            lossMask.get(mask);
            try {
                return new RolloutGroup(header, ids, probs, mask, extras);
            } catch (IllegalArgumentException e) {
                throw new BadRecordException("group " + header.groupIndex() + ": " + e.getMessage(), e);
            }
        }
    }
}
