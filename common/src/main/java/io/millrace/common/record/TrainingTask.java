package io.millrace.common.record;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One attempt of one group, on a prompts lane; keyed by group index.
 *
 * @param samples how many samples the group has, 1 or more
 * @param lineage the lineage it was issued in
 * @param issueVersion the newest weight version when it was issued
 * @param issuedAtMs wall clock, milliseconds since 1970
 * @param label what the reward compares with, where the data set has one
 * @param metadata the row's metadata, untouched; {@code rm_type} in it chooses the reward
 * @param source where the prompt came from
 * @param timeLimitMs how long the attempt may take from its claim on, milliseconds; null for no limit but the worker's own
 * @param past how the attempts before this one ended; null for the first
 * @param partial what an attempt before this one has generated of it, to be gone on with; null when that is nothing
 */
public record TrainingTask(
        GroupIndex groupIndex,
        Attempt attempt,
        int samples,
        Lineage lineage,
        WeightVersion issueVersion,
        long issuedAtMs,
        Prompt prompt,
        @Nullable String label,
        ObjectNode metadata,
        SamplingParams samplingParams,
        Source source,
        @Nullable Long timeLimitMs,
        @Nullable AttemptHistory past,
        @Nullable PartialRef partial)
        implements ControlRecord {
    public TrainingTask {
        if (samples < 1) {
            throw new IllegalArgumentException("samples must be 1 or more, was " + samples);
        }
        if (timeLimitMs != null && timeLimitMs < 1) {
            throw new IllegalArgumentException("time_limit_ms must be 1 or more, was " + timeLimitMs);
        }
    }

    /** The same, to be gone on with from here; null to begin anew. */
    public TrainingTask from(@Nullable PartialRef partial) {
        return copy(attempt, lineage, issueVersion, issuedAtMs, timeLimitMs, past, partial);
    }

    /** The same with so much time from its claim on. */
    public TrainingTask within(long limitMs) {
        return copy(attempt, lineage, issueVersion, issuedAtMs, limitMs, past, partial);
    }

    /** The oldest weights that any token of its result can be of. */
    public WeightVersion oldestVersion() {
        return partial == null || partial.oldestVersion().compareTo(issueVersion) > 0
                ? issueVersion
                : partial.oldestVersion();
    }

    /** How the attempts before this one ended. */
    public AttemptHistory history() {
        return past == null ? AttemptHistory.NONE : past;
    }

    /**
     * The same group once more, gone on with from where this attempt began.
     *
     * @param lineage the lineage now
     * @param version the newest weight version now
     * @param nowMs wall clock
     */
    public TrainingTask again(
            Attempt next, Lineage lineage, WeightVersion version, long nowMs, AttemptHistory history) {
        return copy(next, lineage, version, nowMs, timeLimitMs, history, partial);
    }

    private TrainingTask copy(
            Attempt attempt,
            Lineage lineage,
            WeightVersion issueVersion,
            long issuedAtMs,
            @Nullable Long timeLimitMs,
            @Nullable AttemptHistory past,
            @Nullable PartialRef partial) {
        return new TrainingTask(
                groupIndex,
                attempt,
                samples,
                lineage,
                issueVersion,
                issuedAtMs,
                prompt,
                label,
                metadata,
                samplingParams,
                source,
                timeLimitMs,
                past,
                partial);
    }

    /**
     * @param fingerprint of the data set, so that a changed one is noticed when the run resumes
     * @param seed the seed of the prompt order
     * @param epoch how often the data set had been gone through, 0 for the first time
     * @param row the row's line number in the data set, 1 for the first
     */
    public record Source(String fingerprint, long seed, long epoch, long row) {}
}
