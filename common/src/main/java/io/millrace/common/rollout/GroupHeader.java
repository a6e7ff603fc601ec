package io.millrace.common.rollout;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * All of a rollout group but its tensors; travels as JSON in the safetensors metadata.
 *
 * @param issuedAtMs wall clock at the producer
 * @param claimedAtMs wall clock at the worker
 * @param finishedAtMs wall clock at the worker
 * @param samples in order of their index, contiguous from group index x count
 */
public record GroupHeader(
        RunId run,
        GroupIndex groupIndex,
        Attempt attempt,
        Lineage lineage,
        WeightVersion issueVersion,
        WorkerIncarnation worker,
        long issuedAtMs,
        long claimedAtMs,
        long finishedAtMs,
        Prompt prompt,
        @Nullable String label,
        ObjectNode metadata,
        RewardStats rewards,
        List<SampleHeader> samples) {
    public GroupHeader {
        samples = List.copyOf(samples);
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("a group has at least one sample");
        }
        for (int i = 0; i < samples.size(); i++) {
            long expected = groupIndex.sampleIndex(i, samples.size());
            if (samples.get(i).index() != expected) {
                throw new IllegalArgumentException("sample " + i + " of group " + groupIndex + " must have index "
                        + expected + ", has " + samples.get(i).index());
            }
        }
    }

    /** The oldest version that made any token of the group; the issue version when no token was made. */
    public WeightVersion oldestWeightVersion() {
        return samples.stream()
                .flatMap(sample -> sample.weightVersions().stream())
                .map(VersionSpan::version)
                .min(WeightVersion::compareTo)
                .orElse(issueVersion);
    }

    /** The newest version that made any token of the group; the issue version when no token was made. */
    public WeightVersion newestWeightVersion() {
        return samples.stream()
                .flatMap(sample -> sample.weightVersions().stream())
                .map(VersionSpan::version)
                .max(WeightVersion::compareTo)
                .orElse(issueVersion);
    }
}
