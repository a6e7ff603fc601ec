package io.millrace.common.wire;

import static io.millrace.common.rollout.RolloutGroup.LOG_PROBS;
import static io.millrace.common.rollout.RolloutGroup.LOSS_MASK;
import static io.millrace.common.rollout.RolloutGroup.TOKENS;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.StalenessFigures;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step as one safetensors blob, written from its groups' own bytes without being made first. Its tensors, over all
 * groups in order: {@code header} U8, JSON of the batch header and of each group's; {@code tokens} I32, {@code log_probs}
 * F32, {@code response_bytes} I32, {@code loss_mask} U8, {@code responses} U8 (plain UTF-8), then the extras. Immutable.
 */
public final class BatchBlob {
    /** The JSON but for the groups. Staleness follows from the groups; for readers' convenience. */
    private record Form(
            RunId run,
            Lineage lineage,
            StepNumber step,
            WeightVersion weightVersion,
            @Nullable WeightVersion maskBelow,
            long maskedTokens,
            BatchHeader.@Nullable Share share,
            StalenessFigures.@Nullable Snapshot staleness,
            BatchExtras extras) {}

    private static final int SCRATCH_BYTES = 64 << 10;

    private final List<PackedGroup> groups;
    private final BatchExtras extras;
    private final byte[] head;
    private final byte[] header;
    private final long sizeBytes;

    private BatchBlob(List<PackedGroup> groups, BatchExtras extras, byte[] head, byte[] header, long sizeBytes) {
        this.groups = groups;
        this.extras = extras;
        this.head = head;
        this.header = header;
        this.sizeBytes = sizeBytes;
    }

    /**
     * @param groups ascending by index, each once, of the header's run
     * @throws IllegalArgumentException when the groups make no batch ({@link RolloutBatch}), or two extras would get the
     *     same tensor name
     * @throws BlobTooLargeException when all together pass {@link Safetensors#BLOB_BYTES_MAX}
     */
    public static BatchBlob of(BatchHeader batch, List<PackedGroup> groups) {
        List<PackedGroup> all = List.copyOf(groups);
        List<GroupHeader> headers = all.stream().map(PackedGroup::header).toList();
        RolloutBatch.check(batch, headers);
        BatchExtras extras = BatchExtras.of(all);
        byte[] form = HeaderJson.write(new Form(
                batch.run(),
                batch.lineage(),
                batch.step(),
                batch.weightVersion(),
                batch.maskBelow(),
                batch.maskedTokens(),
                batch.share(),
                StalenessFigures.of(batch.weightVersion(), batch.maskBelow(), headers),
                extras));
        byte[] header = HeaderJson.padded(HeaderJson.with(
                form,
                BatchForm.GROUPS,
                all.stream().map(PackedGroup::headerJson).toList()));
        SafetensorsLayout layout = new SafetensorsLayout(HeaderJson.METADATA);
        layout.add(HeaderJson.TENSOR, "U8", header.length);
        layout.add(
                TOKENS, "I32", all.stream().mapToLong(PackedGroup::tokenCount).sum());
        long responses = all.stream().mapToLong(PackedGroup::responseCount).sum();
        layout.add(LOG_PROBS, "F32", responses);
        layout.add(
                ResponseTexts.LENGTHS,
                "I32",
                headers.stream().mapToLong(one -> one.samples().size()).sum());
        layout.add(LOSS_MASK, "U8", responses);
        layout.add(
                ResponseTexts.PLAIN,
                "U8",
                all.stream().mapToLong(group -> group.texts().sizeBytes()).sum());
        extras.addTo(layout, all);
        byte[] head = layout.head();
        return new BatchBlob(all, extras, head, header, head.length + layout.dataBytes());
    }

    /** Of the whole blob. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** Writes the whole blob; the stream stays open. */
    public void writeTo(OutputStream out) throws IOException {
        out.write(head);
        out.write(header);
        byte[] scratch = new byte[SCRATCH_BYTES];
        for (PackedGroup group : groups) {
            tokens(group, scratch, out);
        }
        for (PackedGroup group : groups) {
            write(group.logProbs(), out);
        }
        for (PackedGroup group : groups) {
            write(group.texts().lengthsSlice(), out);
        }
        byte[] ones = new byte[SCRATCH_BYTES];
        Arrays.fill(ones, (byte) 1);
        for (PackedGroup group : groups) {
            mask(group, ones, out);
        }
        for (PackedGroup group : groups) {
            texts(group, out);
        }
        extras.writeTo(out, groups);
    }

    private static void tokens(PackedGroup group, byte[] scratch, OutputStream out) throws IOException {
        int each = scratch.length / Integer.BYTES;
        for (int from = 0; from < group.tokenCount(); from += each) {
            int count = Math.min(each, group.tokenCount() - from);
            TokenForm.widen(group.tokens(), from, scratch, count);
            out.write(scratch, 0, count * Integer.BYTES);
        }
    }

    private static void mask(PackedGroup group, byte[] ones, OutputStream out) throws IOException {
        TensorSlice mask = group.lossMaskSlice();
        if (mask != null) {
            write(mask, out);
            return;
        }
        for (int left = group.responseCount(); left > 0; left -= ones.length) {
            out.write(ones, 0, Math.min(left, ones.length));
        }
    }

    private static void texts(PackedGroup group, OutputStream out) throws IOException {
        try {
            write(group.texts().unpacked(), out);
        } catch (BadRecordException e) {
            throw new IllegalStateException("texts that were checked do not unpack: the blob was changed", e);
        }
    }

    static void write(TensorSlice slice, OutputStream out) throws IOException {
        out.write(slice.bytes(), slice.begin(), slice.sizeBytes());
    }
}
