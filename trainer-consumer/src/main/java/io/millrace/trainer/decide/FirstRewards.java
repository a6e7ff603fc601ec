package io.millrace.trainer.decide;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.RewardStats;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether any reward of the first groups is above the least. Where none is, training goes on without a word and learns
 * nothing, most often because the reward is asked to compare with the wrong thing. It is a warning and no end: hard
 * prompts may look the same at first. One owner, over all sessions of a process.
 */
public final class FirstRewards {
    /** How many groups are looked at before it is said. */
    public static final int GROUPS = 200;

    /** Differences up to it are rounding. */
    private static final double DIFFERENCE_MAX = 1e-9;

    /** Those met, since what waits is met again by each session; let go of once it is known. */
    private final Set<GroupIndex> met = new HashSet<>();

    private double only;
    private boolean differ;
    private @Nullable String warning;

    /**
     * A group has finished.
     *
     * @param rewards of its samples
     * @return what to warn of, once: with the {@value #GROUPS}th group when no reward differed until then; else empty
     */
    public Optional<String> finished(GroupIndex index, RewardStats rewards) {
        if (differ) {
            return Optional.empty();
        }
        if (met.isEmpty() && warning == null) {
            only = rewards.mean();
        }
        differ = rewards.std() > DIFFERENCE_MAX || Math.abs(rewards.mean() - only) > DIFFERENCE_MAX;
        if (differ) {
            warning = null;
            met.clear();
            return Optional.empty();
        }
        if (warning != null || !met.add(index) || met.size() < GROUPS) {
            return Optional.empty();
        }
        met.clear();
        warning = "no reward of the first " + GROUPS + " groups is above the least: every sample has " + only
                + ", so nothing can be learned. Look at what the reward compares with (--label-key, --label-pattern), at"
                + " the reward (--reward-type), and at an answer or two (millrace peek)";
        return Optional.of(warning);
    }

    /** The warning, while no reward has differed since; empty otherwise. */
    public Optional<String> warning() {
        return Optional.ofNullable(warning);
    }
}
