package io.millrace.common.wire;

import static io.millrace.common.rollout.RolloutGroup.LOG_PROBS;
import static io.millrace.common.rollout.RolloutGroup.LOSS_MASK;
import static io.millrace.common.rollout.RolloutGroup.TOKENS;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.Tensor;
import java.util.Map;
import java.util.TreeMap;

/**
 * A rollout group as one safetensors blob, which any safetensors library reads. Its tensors, in this order:
 *
 * <ul>
 *   <li>{@code header}, U8: the group's header as JSON, without the texts of the responses
 *   <li>{@code log_probs}, F32 {@code [response tokens]}
 *   <li>{@code response_bytes}, I32 {@code [samples]}: the length of each response's text in UTF-8
 *   <li>{@code tokens}, U8 {@code [tokens, 3]}, three bytes each, little-endian; I32 {@code [tokens]} where one needs more
 *   <li>{@code loss_mask}, U8 {@code [response tokens]}; left out where all are 1
 *   <li>{@code responses}, U8: the texts back to back; packed into one zstd frame {@code responses.zst}, U8; neither
 *       where there are none
 *   <li>the extras in order of name
 * </ul>
 *
 * Values of samples stand back to back. The version of the form stands in {@code __metadata__.millrace}. Stateless.
 */
public final class RolloutGroupCodec {
    private RolloutGroupCodec() {}

    /**
     * @throws GroupTooLargeException when the group is larger than any blob can be
     * @throws IllegalArgumentException when an extra's name cannot stand in a safetensors header
     */
    public static byte[] encode(RolloutGroup group) {
        try {
            byte[] header = HeaderJson.padded(HeaderJson.write(group.header()));
            ResponseTexts texts = ResponseTexts.of(group.header().samples());
            boolean masked = isMasked(group.lossMask());
            SafetensorsLayout layout = new SafetensorsLayout(HeaderJson.METADATA);
            layout.add(HeaderJson.TENSOR, "U8", header.length);
            layout.add(LOG_PROBS, "F32", group.logProbs().length);
            texts.addLengthsTo(layout);
            TokenForm.add(layout, TOKENS, group.tokens());
            if (masked) {
                layout.add(LOSS_MASK, "U8", group.lossMask().length);
            }
            texts.addTextsTo(layout);
            Map<String, Tensor> extras = new TreeMap<>(group.extras());
            extras.forEach((name, tensor) -> layout.add(name, tensor.dtype(), tensor.shape()));
            SafetensorsView view = layout.allocate();
            view.data(HeaderJson.TENSOR).put(header);
            view.data(LOG_PROBS).asFloatBuffer().put(group.logProbs());
            TokenForm.put(view, TOKENS, group.tokens());
            if (masked) {
                view.data(LOSS_MASK).put(group.lossMask());
            }
            texts.put(view);
            extras.forEach((name, tensor) -> view.data(name).put(tensor.data()));
            return view.blob();
        } catch (BlobTooLargeException e) {
            throw new GroupTooLargeException(group.header().groupIndex(), e);
        }
    }

    private static boolean isMasked(byte[] lossMask) {
        int all = 1;
        for (byte one : lossMask) {
            all &= one;
        }
        return all == 0;
    }

    /**
     * @throws io.millrace.common.json.NewerRecordException when the blob is of a later version
     * @throws BadRecordException when the blob is no group, or one that {@link RolloutGroup} refuses
     */
    public static RolloutGroup decode(byte[] blob) throws BadRecordException {
        return PackedGroup.read(blob).unpack();
    }

    /**
     * The header alone, without the texts of the responses: the tensors are neither read nor checked.
     *
     * @throws BadRecordException when the header is bad
     */
    public static GroupHeader decodeHeader(byte[] blob) throws BadRecordException {
        return HeaderJson.read(Safetensors.read(blob), GroupHeader.class);
    }
}
