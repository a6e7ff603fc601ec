package io.millrace.common.wire;

import com.github.luben.zstd.ZstdException;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.SampleHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The texts of a group's responses: {@code response_bytes} I32, the length of each in UTF-8, and the texts back to back,
 * as {@code responses} U8 or packed into one zstd frame as {@code responses.zst} U8. Where no response has a text there
 * is neither of these two. Half a surrogate pair, which has no UTF-8 form, becomes a question mark. Immutable.
 *
 * <p>Packed by level 1, which makes about half of made-up words and a third of prose at several hundred MB/s; unpacked
 * at more than a GB/s. Token ids and log-probabilities gain little by it and are left as they are.
 */
final class ResponseTexts {
    static final String LENGTHS = "response_bytes";
    static final String PLAIN = "responses";
    static final String PACKED = "responses.zst";

    /** A frame that promises more is not ours, and memory stays in proportion to the blob. */
    private static final int RATIO_MAX = 64;

    /** Shorter texts are left as they are. */
    private static final int PACKED_MIN = 512;

    private final int[] lengths;
    private final TensorSlice texts;
    private final boolean packed;
    private final int sizeBytes;

    /** @param texts of one dimension */
    private ResponseTexts(int[] lengths, TensorSlice texts, boolean packed, int sizeBytes) {
        this.lengths = lengths;
        this.texts = texts;
        this.packed = packed;
        this.sizeBytes = sizeBytes;
    }

    static ResponseTexts of(List<SampleHeader> samples) {
        byte[][] texts = new byte[samples.size()][];
        int[] lengths = new int[texts.length];
        long sum = 0;
        for (int i = 0; i < texts.length; i++) {
            texts[i] = samples.get(i).response().getBytes(StandardCharsets.UTF_8);
            lengths[i] = texts[i].length;
            sum += lengths[i];
        }
        if (sum > Safetensors.BLOB_BYTES_MAX) {
            throw new BlobTooLargeException("the texts of the responses", sum, Safetensors.BLOB_BYTES_MAX);
        }
        int sizeBytes = (int) sum;
        if (sizeBytes >= PACKED_MIN) {
            byte[] frame = TextPacker.pack(texts, sizeBytes, sizeBytes / RATIO_MAX);
            if (frame != null) {
                return new ResponseTexts(lengths, bytes(frame, frame.length), true, sizeBytes);
            }
        }
        byte[] all = new byte[sizeBytes];
        int at = 0;
        for (byte[] text : texts) {
            System.arraycopy(text, 0, all, at, text.length);
            at += text.length;
        }
        return new ResponseTexts(lengths, bytes(all, sizeBytes), false, sizeBytes);
    }

    private static TensorSlice bytes(byte[] data, int length) {
        return new TensorSlice("U8", List.of((long) length), data, 0, length);
    }

    void addLengthsTo(SafetensorsLayout layout) {
        layout.add(LENGTHS, "I32", lengths.length);
    }

    void addTextsTo(SafetensorsLayout layout) {
        if (sizeBytes > 0) {
            layout.add(packed ? PACKED : PLAIN, texts.dtype(), texts.sizes());
        }
    }

    void put(SafetensorsView view) {
        view.data(LENGTHS).asIntBuffer().put(lengths);
        if (sizeBytes > 0) {
            view.data(packed ? PACKED : PLAIN).put(texts.bytes(), texts.begin(), texts.sizeBytes());
        }
    }

    /**
     * @param tensors of a blob, by name
     * @throws BadRecordException when there are not so many lengths, or the texts are not so long as they say, or do not
     *     unpack
     */
    static ResponseTexts read(Map<String, TensorSlice> tensors, int samples) throws BadRecordException {
        int[] lengths = lengths(tensors.get(LENGTHS), samples);
        long sum = 0;
        for (int length : lengths) {
            if (length < 0) {
                throw new BadRecordException("tensor " + LENGTHS + " has a negative length: " + length);
            }
            sum += length;
        }
        TensorSlice plain = tensors.get(PLAIN);
        TensorSlice packed = tensors.get(PACKED);
        if (plain != null && packed != null) {
            throw new BadRecordException("the blob has both " + PLAIN + " and " + PACKED);
        }
        TensorSlice texts = packed == null ? plain : packed;
        if (texts == null) {
            texts = bytes(new byte[0], 0);
        }
        if (!texts.dtype().equals("U8") || texts.shape().size() != 1) {
            throw new BadRecordException("the texts of the responses must be U8 of one dimension, are " + texts);
        }
        if (packed == null ? sum != texts.sizeBytes() : sum > (long) RATIO_MAX * (texts.sizeBytes() + 1)) {
            throw new BadRecordException("the texts of the responses have " + texts.sizeBytes()
                    + (packed == null ? "" : " packed") + " bytes, " + LENGTHS + " add up to " + sum);
        }
        ResponseTexts read = new ResponseTexts(lengths, texts, packed != null, (int) sum);
        if (packed != null) {
            read.unpacked();
        }
        return read;
    }

    private static int[] lengths(@Nullable TensorSlice slice, int samples) throws BadRecordException {
        if (slice == null || !slice.dtype().equals("I32") || !slice.shape().equals(List.of((long) samples))) {
            throw new BadRecordException("the blob needs a tensor " + LENGTHS + " of I32[" + samples + "], has "
                    + (slice == null ? "none" : slice));
        }
        int[] lengths = new int[samples];
        ByteBuffer.wrap(slice.bytes(), slice.begin(), slice.sizeBytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(lengths);
        return lengths;
    }

    /** The lengths as they stand in a blob. */
    TensorSlice lengthsSlice() {
        ByteBuffer bytes = ByteBuffer.allocate(lengths.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(lengths);
        return new TensorSlice("I32", List.of((long) lengths.length), bytes.array(), 0, bytes.capacity());
    }

    /** Of all texts in UTF-8. */
    int sizeBytes() {
        return sizeBytes;
    }

    /** All texts back to back in UTF-8; a slice of the blob where they stand there as they are. */
    TensorSlice unpacked() throws BadRecordException {
        if (!packed) {
            return texts;
        }
        byte[] all = new byte[sizeBytes];
        try {
            if (TextPacker.unpack(texts.bytes(), texts.begin(), texts.sizeBytes(), all) != sizeBytes) {
                throw new BadRecordException("tensor " + PACKED + " does not hold the " + sizeBytes + " bytes that "
                        + LENGTHS + " add up to");
            }
        } catch (ZstdException e) {
            throw new BadRecordException("tensor " + PACKED + " does not unpack: " + e.getMessage(), e);
        }
        return bytes(all, all.length);
    }

    /** Each text. */
    List<String> texts() throws BadRecordException {
        TensorSlice all = unpacked();
        List<String> each = new ArrayList<>(lengths.length);
        int at = all.begin();
        for (int length : lengths) {
            each.add(new String(all.bytes(), at, length, StandardCharsets.UTF_8));
            at += length;
        }
        return each;
    }

    @Override
    public String toString() {
        return "texts of " + Arrays.toString(lengths) + " bytes";
    }
}
