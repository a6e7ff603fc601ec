package io.millrace.producer.admission;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.producer.source.PromptOrder;

/**
 * How many groups may be published now. Run-ahead is bounded by what was trained when the newest weight version became
 * ready ({@link Capacity}), not by what is in the queue: so no group is admitted earlier than its version allows, and
 * what was discarded or abandoned is filled up exactly. Immutable.
 */
public final class Admission {
    private final Capacity capacity;
    private final PromptOrder order;
    private final long groupsMax;

    /**
     * @param order says where the last epoch ends
     * @param groupsMax how many groups the run publishes in all, 0 for no limit
     */
    public Admission(Capacity capacity, PromptOrder order, long groupsMax) {
        this.capacity = capacity;
        this.order = order;
        this.groupsMax = groupsMax;
        if (groupsMax < 0) {
            throw new IllegalArgumentException("groups_max must be 0 (no limit) or more, was " + groupsMax);
        }
    }

    /** What the producer may do. */
    public sealed interface Decision {
        /** @param groups so many may be published now, 1 or more */
        record Publish(long groups) implements Decision {}

        /** @param whatFor for people; the same as long as nothing changes */
        record Wait(String whatFor) implements Decision {}

        /** Nothing more is published in this run. */
        record Exhausted(String why) implements Decision {}
    }

    /** How many groups may have been published in all by now; ends of the run not regarded. */
    public long limit(Policy policy, StepRecord.Totals totals) {
        return capacity.admissibleUpTo(policy.trainedGroups(), totals.discarded(), totals.abandoned());
    }

    /** @param published groups published in this run, which is also the next group's index */
    public Decision decide(Policy policy, StepRecord.Totals totals, long published) {
        if (groupsMax > 0 && published >= groupsMax) {
            return new Decision.Exhausted("all " + groupsMax + " groups of --groups-max are published");
        }
        if (order.exhausted(new GroupIndex(published))) {
            return new Decision.Exhausted("the last epoch is published, " + published + " groups");
        }
        long limit = limit(policy, totals);
        if (published >= limit) {
            return new Decision.Wait("capacity: " + published + " groups published, " + limit + " admitted at version "
                    + policy.weightVersion() + " (trained " + policy.trainedGroups()
                    + " when it became ready, discarded "
                    + totals.discarded() + ", abandoned " + totals.abandoned() + "); a newer version admits more");
        }
        long end = groupsMax > 0 ? Math.min(limit, groupsMax) : limit;
        return new Decision.Publish(beforeExhaustion(published, end) - published);
    }

    /** The highest end at most {@code end} with no group past the last epoch; {@code published} itself is not past it. */
    private long beforeExhaustion(long published, long end) {
        if (!order.exhausted(new GroupIndex(end - 1))) {
            return end;
        }
        long good = published;
        long bad = end - 1;
        while (bad - good > 1) {
            long middle = good + (bad - good) / 2;
            if (order.exhausted(new GroupIndex(middle))) {
                bad = middle;
            } else {
                good = middle;
            }
        }
        return bad;
    }
}
