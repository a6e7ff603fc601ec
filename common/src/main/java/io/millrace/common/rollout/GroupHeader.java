package io.millrace.common.rollout;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.RewardStats;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * All of a rollout group but its tensors; travels as JSON in the safetensors metadata.
 *
 * @param issuedAtMs wall clock at the producer
 * @param claimedAtMs wall clock at the worker
 * @param finishedAtMs wall clock at the worker
 * @param samples in order of their index, contiguous from group index x rollouts; those of one rollout share it
 * @param timings of the samples that this attempt began; null where the worker tells none
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
        List<SampleHeader> samples,
        @Nullable List<SampleTiming> timings) {
    public GroupHeader {
        samples = List.copyOf(samples);
        timings = timings == null ? null : List.copyOf(timings);
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("a group has at least one sample");
        }
        int rollouts = rollouts(samples);
        int rollout = -1;
        for (int i = 0; i < samples.size(); i++) {
            rollout += isNext(samples, i) ? 1 : 0;
            long expected = groupIndex.sampleIndex(rollout, rollouts);
            if (samples.get(i).index() != expected) {
                throw new IllegalArgumentException("sample " + i + " of group " + groupIndex + " must have index "
                        + expected + ", has " + samples.get(i).index());
            }
        }
    }

    /** Without timings. */
    public GroupHeader(
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
        this(
                run,
                groupIndex,
                attempt,
                lineage,
                issueVersion,
                worker,
                issuedAtMs,
                claimedAtMs,
                finishedAtMs,
                prompt,
                label,
                metadata,
                rewards,
                samples,
                null);
    }

    /**
     * The same with these texts of the responses.
     *
     * @param texts one for each sample
     */
    public GroupHeader said(List<String> texts) {
        if (texts.size() != samples.size()) {
            throw new IllegalArgumentException(texts.size() + " texts for " + samples.size() + " samples");
        }
        List<SampleHeader> said = new ArrayList<>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            said.add(samples.get(i).said(texts.get(i)));
        }
        return new GroupHeader(
                run,
                groupIndex,
                attempt,
                lineage,
                issueVersion,
                worker,
                issuedAtMs,
                claimedAtMs,
                finishedAtMs,
                prompt,
                label,
                metadata,
                rewards,
                said,
                timings);
    }

    private static int rollouts(List<SampleHeader> samples) {
        int count = 0;
        for (int i = 0; i < samples.size(); i++) {
            count += isNext(samples, i) ? 1 : 0;
        }
        return count;
    }

    private static boolean isNext(List<SampleHeader> samples, int at) {
        return at == 0 || !samples.get(at).isSiblingOf(samples.get(at - 1));
    }

    /** How often the prompt was answered: the group's number of samples, but that siblings of one execution count once. */
    public int rollouts() {
        return rollouts(samples);
    }

    /** The prompt's metadata, and what a sample's generator says of it, which goes before. */
    public ObjectNode metadataOf(SampleHeader sample) {
        return sample.metadata() == null ? metadata : metadata.deepCopy().setAll(sample.metadata());
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
