package io.millrace.common.rollout;

import io.millrace.common.id.WeightVersion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Masks tokens of old weight versions in a step's groups: a pure function of the groups and of the version on the step's
 * record, so that a step is the same however often it is read.
 */
public final class StaleMask {
    private StaleMask() {}

    /**
     * Groups as they are handed over.
     *
     * @param groups those without a token to be masked are the ones handed in
     * @param maskedTokens tokens whose {@code loss_mask} was 1 before and is 0
     */
    public record Masked(List<RolloutGroup> groups, long maskedTokens) {
        public Masked {
            groups = List.copyOf(groups);
        }
    }

    /** @param below tokens of older versions are masked; null masks none */
    public static Masked apply(List<RolloutGroup> groups, @Nullable WeightVersion below) {
        if (below == null) {
            return new Masked(groups, 0);
        }
        List<RolloutGroup> masked = new ArrayList<>(groups.size());
        long tokens = 0;
        for (RolloutGroup group : groups) {
            if (group.header().oldestWeightVersion().compareTo(below) >= 0) {
                masked.add(group);
                continue;
            }
            byte[] mask = group.lossMask().clone();
            tokens += mask(group.header(), below, mask);
            masked.add(new RolloutGroup(group.header(), group.tokens(), group.logProbs(), mask, group.extras()));
        }
        return new Masked(masked, tokens);
    }

    private static long mask(GroupHeader header, WeightVersion below, byte[] mask) {
        long tokens = 0;
        int at = 0;
        for (SampleHeader sample : header.samples()) {
            for (VersionSpan span : sample.weightVersions()) {
                if (span.version().compareTo(below) >= 0) {
                    continue;
                }
                for (int i = at + span.from(); i < at + span.to(); i++) {
                    tokens += mask[i];
                    mask[i] = 0;
                }
            }
            at += sample.responseLength();
        }
        return tokens;
    }
}
