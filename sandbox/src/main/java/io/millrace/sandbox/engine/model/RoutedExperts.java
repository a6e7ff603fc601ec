package io.millrace.sandbox.engine.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The experts that each token but the last was routed to, by a model that has some: of 128 in each layer, a pure function
 * of the token, its place, layer and rank, and of the weights. Stateless.
 */
public final class RoutedExperts {
    private static final int EXPERTS = 128;

    private RoutedExperts() {}

    /**
     * Those of the tokens from {@code start} on, row by row.
     *
     * @param weights word for the weights that computed them
     */
    private static byte[] bytes(
            int[] prompt, int[] output, int start, String weights, EngineSettings settings, boolean wide) {
        int rows = rows(prompt, output, start);
        int layers = settings.expertLayers();
        int topk = settings.expertTopk();
        ByteBuffer out = ByteBuffer.allocate(Math.multiplyExact(rows * (wide ? Integer.BYTES : 1), layers * topk))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int row = 0; row < rows; row++) {
            int place = start + row;
            int token = place < prompt.length ? prompt[place] : output[place - prompt.length];
            for (int layer = 0; layer < layers; layer++) {
                for (int rank = 0; rank < topk; rank++) {
                    int expert = expert(token, place, layer, rank, weights);
                    if (wide) {
                        out.putInt(expert);
                    } else {
                        out.put((byte) expert);
                    }
                }
            }
        }
        return out.array();
    }

    private static int rows(int[] prompt, int[] output, int start) {
        return Math.max(0, prompt.length + output.length - 1 - start);
    }

    /** One of them. */
    public static int expert(int token, int place, int layer, int rank, String weights) {
        return Math.floorMod(token * 31 + place * 7 + layer * 13 + rank + weights.hashCode() * 5, EXPERTS);
    }

    /** As SGLang has them: int32. */
    public static byte[] int32(int[] prompt, int[] output, int start, String weights, EngineSettings settings) {
        return bytes(prompt, output, start, weights, settings, true);
    }

    /** As vLLM has them: an array of bytes as NumPy saves it. */
    public static byte[] npy(int[] prompt, int[] output, int start, String weights, EngineSettings settings) {
        byte[] data = bytes(prompt, output, start, weights, settings, false);
        StringBuilder header = new StringBuilder("{'descr': '|u1', 'fortran_order': False, 'shape': ("
                + rows(prompt, output, start) + ", " + settings.expertLayers() + ", " + settings.expertTopk() + "), }");
        while ((10 + header.length() + 1) % 64 != 0) {
            header.append(' ');
        }
        byte[] text = header.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(10 + text.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) text.length)
                .put(text)
                .put(data)
                .array();
    }
}
