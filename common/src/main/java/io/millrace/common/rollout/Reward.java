package io.millrace.common.rollout;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a sample was worth.
 *
 * @param value the number that statistics use; finite
 * @param detail the full answer of rewards that give an object (slime's {@code --reward-key} picks from it), such as
 *     dapo's {@code {score, acc, pred}}; null for rewards that are a plain number
 */
public record Reward(double value, @Nullable ObjectNode detail) {
    public Reward {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("a reward must be finite, was " + value);
        }
    }

    public static Reward of(double value) {
        return new Reward(value, null);
    }
}
