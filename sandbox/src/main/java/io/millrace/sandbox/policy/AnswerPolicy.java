package io.millrace.sandbox.policy;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.wire.Safetensors;
import io.millrace.common.wire.SafetensorsView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A softmax over {@link Answers} for each form of a problem, that is, its text without the numbers: what is learned of
 * one problem holds for all of its form. One tensor of a safetensors file: {@code policy.weight}, F32 [FORMS, kinds].
 * Immutable.
 */
public final class AnswerPolicy {
    /** Forms are told apart by a hash. */
    public static final int FORMS = 64;

    private static final String TENSOR = "policy.weight";
    private static final Pattern NUMBERS = Pattern.compile("\\d+");

    private final float[] weights;

    /** @param weights row by row, FORMS x kinds */
    public AnswerPolicy(float[] weights) {
        if (weights.length != FORMS * Answers.COUNT) {
            throw new IllegalArgumentException(
                    "a policy has " + FORMS * Answers.COUNT + " weights, not " + weights.length);
        }
        this.weights = weights.clone();
    }

    /** Every answer as likely as any other. */
    public static AnswerPolicy untrained() {
        return new AnswerPolicy(new float[FORMS * Answers.COUNT]);
    }

    /** The form of a prompt. */
    public static int form(String promptText) {
        return Math.floorMod(NUMBERS.matcher(promptText).replaceAll("#").hashCode(), FORMS);
    }

    /**
     * Log-probabilities of the kinds.
     *
     * @param temperature above 0
     */
    public double[] logProbs(int form, double temperature) {
        double[] logits = new double[Answers.COUNT];
        double max = Double.NEGATIVE_INFINITY;
        for (int kind = 0; kind < logits.length; kind++) {
            logits[kind] = weights[form * Answers.COUNT + kind] / temperature;
            max = Math.max(max, logits[kind]);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - max);
        }
        double logSum = max + Math.log(sum);
        for (int kind = 0; kind < logits.length; kind++) {
            logits[kind] -= logSum;
        }
        return logits;
    }

    /** The weights, a copy. */
    public float[] weights() {
        return weights.clone();
    }

    /** As a file of safetensors. */
    public byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(weights.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float weight : weights) {
            bytes.putFloat(weight);
        }
        LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put(TENSOR, new Tensor("F32", new long[] {FORMS, Answers.COUNT}, bytes.array()));
        return Safetensors.write(Map.of(), tensors);
    }

    /**
     * @throws BadRecordException when the file holds no such policy
     * @throws IOException when it cannot be read
     */
    public static AnswerPolicy read(Path file) throws BadRecordException, IOException {
        SafetensorsView view = Safetensors.read(Files.readAllBytes(file));
        SafetensorsView.Entry entry = view.entries().get(TENSOR);
        if (entry == null) {
            throw new BadRecordException(
                    "there is no tensor " + TENSOR + ", only " + view.entries().keySet());
        }
        if (!entry.dtype().equals("F32") || !entry.shape().equals(List.of((long) FORMS, (long) Answers.COUNT))) {
            throw new BadRecordException(TENSOR + " must be F32 [" + FORMS + ", " + Answers.COUNT + "], is "
                    + entry.dtype() + " " + entry.shape());
        }
        float[] weights = new float[FORMS * Answers.COUNT];
        view.data(TENSOR).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(weights);
        for (float weight : weights) {
            if (!Float.isFinite(weight)) {
                throw new BadRecordException(TENSOR + " has a value that is no finite number");
            }
        }
        return new AnswerPolicy(weights);
    }
}
