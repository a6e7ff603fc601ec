package io.millrace.trainer.filter;

import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleStatus;
import java.util.List;
import java.util.function.Predicate;

/** The filters that settings can name. Immutable. */
record BuiltInFilter(String name, Predicate<RolloutGroup> drop) implements GroupFilter {
    /** Standard deviations up to it are rounding; the limit of slime's check_reward_nonzero_std. */
    private static final double STD_MAX = 1e-6;

    /** Groups whose rewards do not differ: all their advantages are zero, so they teach nothing (DAPO). */
    static final BuiltInFilter ZERO_STD =
            new BuiltInFilter("zero-std", group -> group.header().rewards().std() <= STD_MAX);

    /** Groups with a sample that was aborted. */
    static final BuiltInFilter ABORTED = new BuiltInFilter(
            "aborted",
            group -> group.header().samples().stream().anyMatch(sample -> sample.status() == SampleStatus.ABORTED));

    static final List<BuiltInFilter> ALL = List.of(ZERO_STD, ABORTED);

    @Override
    public boolean drops(RolloutGroup group) {
        return drop.test(group);
    }
}
