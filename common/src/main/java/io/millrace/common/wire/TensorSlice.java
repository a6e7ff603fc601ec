package io.millrace.common.wire;

import io.millrace.common.rollout.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor where it stands in a blob. Nothing is copied, so the blob must not be changed.
 *
 * @param shape sizes of its dimensions
 * @param bytes the blob
 * @param begin of its data there
 * @param end of its data, exclusive
 */
record TensorSlice(String dtype, List<Long> shape, byte[] bytes, int begin, int end) {
    TensorSlice {
        shape = List.copyOf(shape);
    }

    static TensorSlice of(SafetensorsView view, SafetensorsView.Entry entry) {
        return new TensorSlice(entry.dtype(), entry.shape(), view.blob(), entry.begin(), entry.end());
    }

    static TensorSlice of(Tensor tensor) {
        return new TensorSlice(
                tensor.dtype(), Arrays.stream(tensor.shape()).boxed().toList(), tensor.data(), 0, tensor.data().length);
    }

    int sizeBytes() {
        return end - begin;
    }

    long[] sizes() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** A tensor of its own. */
    Tensor copy() {
        return new Tensor(dtype, sizes(), Arrays.copyOfRange(bytes, begin, end));
    }

    @Override
    public String toString() {
        return dtype + shape;
    }
}
