package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A rollout group as one safetensors blob: the header as JSON under {@code __metadata__["millrace"]}; tensors
 * {@code tokens} (I32), {@code log_probs} (F32) and {@code loss_mask} (U8), each of one dimension over all samples back
 * to back; the extras behind them in order of name. Any safetensors library reads it. Stateless.
 */
public final class RolloutGroupCodec {
    private RolloutGroupCodec() {}

    /**
     * @throws GroupTooLargeException when the group is larger than any blob can be
     * @throws IllegalArgumentException when an extra's name cannot stand in a safetensors header
     */
    public static byte[] encode(RolloutGroup group) {
        try {
            SafetensorsLayout layout =
                    new SafetensorsLayout(Map.of(MetadataJson.KEY, MetadataJson.write(group.header())));
            TokenTensors.addTo(layout, List.of(group));
            Map<String, Tensor> extras = new TreeMap<>(group.extras());
            extras.forEach((name, tensor) -> layout.add(name, tensor.dtype(), tensor.shape()));
            SafetensorsView view = layout.allocate();
            TokenTensors.of(view).put(group);
            extras.forEach((name, tensor) -> view.data(name).put(tensor.data()));
            return view.blob();
        } catch (BlobTooLargeException e) {
            throw new GroupTooLargeException(group.header().groupIndex(), e);
        }
    }

    /** @throws BadRecordException when the blob is no group, or one that {@link RolloutGroup} refuses */
    public static RolloutGroup decode(byte[] blob) throws BadRecordException {
        SafetensorsView view = Safetensors.read(blob);
        GroupHeader header = MetadataJson.read(view, GroupHeader.class);
        TokenTensors tensors = TokenTensors.checked(view, List.of(header));
        Map<String, Tensor> extras = new HashMap<>();
        for (String name : view.entries().keySet()) {
            if (!TokenTensors.NAMES.contains(name)) {
                extras.put(name, view.tensor(name));
            }
        }
        return tensors.next(header, extras);
    }

    /**
     * The header alone: the tensors' values are neither read nor checked, their table is.
     *
     * @throws BadRecordException when the header is bad or the tensors are not as long as it says
     */
    public static GroupHeader decodeHeader(byte[] blob) throws BadRecordException {
        SafetensorsView view = Safetensors.read(blob);
        GroupHeader header = MetadataJson.read(view, GroupHeader.class);
        TokenTensors.check(view, List.of(header));
        return header;
    }
}
