package io.millrace.common.wire;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.Tensor;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The safetensors format: 8 bytes of header length (unsigned, little-endian), a JSON header with the table of tensors and
 * the string map {@code __metadata__}, then the data of all tensors without holes. The header is padded with spaces so
 * that the data begins at a multiple of 8. Source of the rules: github.com/huggingface/safetensors, README and
 * safetensors/src/tensor.rs. Stateless.
 */
public final class Safetensors {
    /** The header key that is no tensor. */
    public static final String METADATA = "__metadata__";

    /** A longer header is refused, as the reference implementation does. */
    public static final int HEADER_BYTES_MAX = 100_000_000;

    /** The largest blob: what a Java array can hold. */
    public static final int BLOB_BYTES_MAX = Integer.MAX_VALUE - 8;

    private Safetensors() {}

    /**
     * Writes tensors in the order of the map.
     *
     * @throws IllegalArgumentException when a name is {@code __metadata__} or a dtype is unknown
     * @throws BlobTooLargeException when header or blob would pass their limits
     */
    public static byte[] write(Map<String, String> metadata, SequencedMap<String, Tensor> tensors) {
        SafetensorsLayout layout = new SafetensorsLayout(metadata);
        tensors.forEach((name, tensor) -> layout.add(name, tensor.dtype(), tensor.shape()));
        SafetensorsView view = layout.allocate();
        tensors.forEach((name, tensor) -> view.data(name).put(tensor.data()));
        return view.blob();
    }

    /**
     * Reads and checks the header; the data stays where it is.
     *
     * @throws BadRecordException when the blob breaks any rule of the format; the message says which
     */
    public static SafetensorsView read(byte[] blob) throws BadRecordException {
        return SafetensorsReader.read(blob);
    }
}
