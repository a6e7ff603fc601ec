package io.millrace.ops.export;

import io.millrace.common.record.StepRecord;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import org.jspecify.annotations.Nullable;

/**
 * One sample of a group.
 *
 * @param lease of the step that it was trained in; null where it was in none
 * @param tokensAt where its tokens begin in the group's
 * @param responseAt where its response begins in the group's log-probabilities and mask
 */
record SampleRow(
        StepRecord.@Nullable Lease lease, RolloutGroup group, SampleHeader sample, int tokensAt, int responseAt) {}
