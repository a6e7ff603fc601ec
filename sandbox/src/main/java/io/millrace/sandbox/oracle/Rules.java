package io.millrace.sandbox.oracle;

import java.util.Set;

/**
 * What a run was started with, as far as it decides what is right.
 *
 * @param batchGroups groups of every step
 * @param samplesPerGroup of every group
 * @param maxStaleness most versions between the oldest token of a group and its hand-over
 * @param attemptsMin attempts that must have ended without a result before a group is abandoned, whatever ended them
 * @param filters names of the filters that drop groups
 * @param tailsCut whether the ends of logs were taken while the broker was dead, so that records may vanish
 */
public record Rules(
        int batchGroups,
        int samplesPerGroup,
        long maxStaleness,
        int attemptsMin,
        Set<String> filters,
        boolean tailsCut) {
    public Rules {
        filters = Set.copyOf(filters);
    }
}
