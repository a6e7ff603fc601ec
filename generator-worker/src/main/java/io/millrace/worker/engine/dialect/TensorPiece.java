package io.millrace.worker.engine.dialect;

import io.millrace.common.rollout.Tensor;
import java.util.Set;

/**
 * What an answer has of a tensor that its request asked for by name ({@code SamplingParams.tensors}).
 *
 * @param tensor its first dimension counts rows; the others are those of every answer
 * @param start of the tokens of the whole sample, prompt included, the one that the first row belongs to; 0 for tensors
 *     whose rows belong to no tokens
 */
public record TensorPiece(String name, Tensor tensor, int start) {
    /** Tensors that have a row for each token of the sample but the last, which no forward pass has seen. */
    private static final Set<String> OF_TOKENS = Set.of("routed_experts", "indexer_topk");

    /** @throws IllegalArgumentException when it has no rows */
    public TensorPiece {
        if (tensor.shape().length == 0 || start < 0) {
            throw new IllegalArgumentException(name + " of the shape " + tensor + " from row " + start);
        }
    }

    /** Whether a tensor of this name has a row for each token but the last. */
    public static boolean isOfTokens(String name) {
        return OF_TOKENS.contains(name);
    }

    /** How many rows it has. */
    public long rows() {
        return tensor.shape()[0];
    }

    /**
     * A piece of a tensor of tokens.
     *
     * @param data its values, rows back to back
     * @param end behind its last row; the row of the sample's last token is none
     * @throws IllegalArgumentException when the data are no whole rows, or more than there are tokens
     */
    public static TensorPiece ofTokens(String name, String dtype, byte[] data, int start, int end) {
        int rows = end - start;
        int width = Tensor.width(dtype);
        if (rows < 0 || data.length % width != 0 || (rows == 0 ? data.length > 0 : data.length / width % rows != 0)) {
            throw new IllegalArgumentException(name + " has " + data.length + " bytes of " + dtype + " for the "
                    + Math.max(0, rows) + " tokens from " + start + " to " + end);
        }
        long values = rows == 0 ? 0 : data.length / width / rows;
        return new TensorPiece(name, new Tensor(dtype, new long[] {rows, values}, data), start);
    }
}
