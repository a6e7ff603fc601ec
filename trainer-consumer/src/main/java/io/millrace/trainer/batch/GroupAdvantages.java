package io.millrace.trainer.batch;

import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.wire.PackedGroup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;

/**
 * A sample's advantage over its group, as GRPO has it (arXiv:2402.03300): its reward less the group's mean, and with
 * {@link #STD} that over the group's standard deviation plus {@link #EPSILON}, where the deviation is the one over n - 1,
 * which torch, slime, verl and TRL take. Without the deviation it is Dr. GRPO's (arXiv:2503.20783). A group of one sample,
 * or of equal rewards, has zeros.
 */
public enum GroupAdvantages {
    STD,
    MEAN;

    /** The name of the tensor: F32, one value a sample. */
    public static final String TENSOR = "advantages";

    /** So that small differences do not become large ones. */
    public static final double EPSILON = 1e-6;

    /** As it is asked for. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Of rewards of one group, in their order. */
    public float[] of(double[] rewards) {
        double mean = 0;
        for (double reward : rewards) {
            mean += reward / rewards.length;
        }
        double squares = 0;
        for (double reward : rewards) {
            squares += (reward - mean) * (reward - mean);
        }
        double divisor = this == MEAN || rewards.length < 2 ? 1 : Math.sqrt(squares / (rewards.length - 1)) + EPSILON;
        float[] advantages = new float[rewards.length];
        for (int i = 0; i < rewards.length; i++) {
            advantages[i] = (float) ((rewards[i] - mean) / divisor);
        }
        return advantages;
    }

    /** Of the group's samples. */
    public float[] of(GroupHeader group) {
        return of(group.samples().stream()
                .mapToDouble(sample -> sample.reward().value())
                .toArray());
    }

    /** @throws IllegalArgumentException when a group has a tensor of that name */
    public static void check(List<PackedGroup> groups) {
        for (PackedGroup group : groups) {
            if (group.extraNames().contains(TENSOR)) {
                throw new IllegalArgumentException("advantages must be left out: group "
                        + group.header().groupIndex() + " has a tensor of that name already");
            }
        }
    }

    /**
     * The groups, each with its advantages as a further tensor.
     *
     * @throws IllegalArgumentException when one has a tensor of that name
     */
    public List<PackedGroup> with(List<PackedGroup> groups) {
        check(groups);
        return groups.stream().map(this::with).toList();
    }

    private PackedGroup with(PackedGroup group) {
        float[] advantages = of(group.header());
        ByteBuffer values = ByteBuffer.allocate(advantages.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        values.asFloatBuffer().put(advantages);
        return group.with(TENSOR, new Tensor("F32", new long[] {advantages.length}, values.array()));
    }
}
