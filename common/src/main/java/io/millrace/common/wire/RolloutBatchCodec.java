package io.millrace.common.wire;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.rollout.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step as one safetensors blob: batch header, group headers and the place of the extras as JSON under
 * {@code __metadata__["millrace"]}; {@code tokens}, {@code log_probs} and {@code loss_mask} as in a group's blob, over
 * all groups in order. Stateless.
 */
public final class RolloutBatchCodec {
    private RolloutBatchCodec() {}

    /** The JSON: the batch header's fields, then the rest. Staleness follows from the groups; for readers' convenience. */
    private record BatchForm(
            RunId run,
            Lineage lineage,
            StepNumber step,
            WeightVersion weightVersion,
            @Nullable WeightVersion maskBelow,
            long maskedTokens,
            BatchHeader.@Nullable Share share,
            StalenessFigures.@Nullable Snapshot staleness,
            BatchExtras extras,
            List<GroupHeader> groups) {
        BatchForm {
            groups = List.copyOf(groups);
        }
    }

    /**
     * @throws IllegalArgumentException when the groups make no batch ({@link RolloutBatch}), or two extras would get the
     *     same tensor name
     * @throws BlobTooLargeException when the texts pass {@link Safetensors#HEADER_BYTES_MAX} or all together pass
     *     {@link Safetensors#BLOB_BYTES_MAX}
     */
    public static byte[] encode(BatchHeader header, List<RolloutGroup> groups) {
        RolloutBatch batch = new RolloutBatch(header, groups);
        BatchExtras extras = BatchExtras.of(batch.groups());
        List<GroupHeader> headers =
                batch.groups().stream().map(RolloutGroup::header).toList();
        String json = MetadataJson.write(new BatchForm(
                header.run(),
                header.lineage(),
                header.step(),
                header.weightVersion(),
                header.maskBelow(),
                header.maskedTokens(),
                header.share(),
                StalenessFigures.of(header.weightVersion(), header.maskBelow(), headers),
                extras,
                headers));
        SafetensorsLayout layout = new SafetensorsLayout(Map.of(MetadataJson.KEY, json));
        TokenTensors.addTo(layout, batch.groups());
        extras.addTo(layout, batch.groups());
        SafetensorsView view = layout.allocate();
        TokenTensors tensors = TokenTensors.of(view);
        batch.groups().forEach(tensors::put);
        extras.put(view, batch.groups());
        return view.blob();
    }

    /** @throws BadRecordException when the blob is no batch, or one that {@link RolloutBatch} refuses */
    public static RolloutBatch decode(byte[] blob) throws BadRecordException {
        SafetensorsView view = Safetensors.read(blob);
        BatchForm form = MetadataJson.read(view, BatchForm.class);
        TokenTensors tensors = TokenTensors.checked(view, form.groups());
        List<GroupIndex> indices =
                form.groups().stream().map(GroupHeader::groupIndex).toList();
        List<Map<String, Tensor>> extras = form.extras().read(view, indices);
        List<RolloutGroup> groups = new ArrayList<>(indices.size());
        for (int i = 0; i < indices.size(); i++) {
            groups.add(tensors.next(form.groups().get(i), extras.get(i)));
        }
        try {
            return new RolloutBatch(
                    new BatchHeader(
                            form.run(),
                            form.lineage(),
                            form.step(),
                            form.weightVersion(),
                            form.maskBelow(),
                            form.maskedTokens(),
                            form.share()),
                    groups);
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("the blob holds no batch: " + e.getMessage(), e);
        }
    }
}
