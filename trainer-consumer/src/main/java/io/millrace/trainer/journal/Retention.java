package io.millrace.trainer.journal;

import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.trainer.steps.StepHistory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * The limit counts steps, not bytes: a manifest does not say how large its groups were, so bytes would be unknown after a
 * restart, and a limit that forgets is none. Disk needed: steps kept x groups of a step x size of a group.
 */

/**
 * Which acknowledged steps stay replayable: the newest few, and every step since the newest checkpoint that the trainer
 * named. Past a limit no further step is leased, rather than a step silently lost. Pure; not thread-safe.
 */
public final class Retention {
    private final int keepSteps;
    private final int keepStepsMax;
    /** Per step and results partition, the first record of its groups. */
    private final NavigableMap<StepNumber, Map<Integer, Long>> kept = new TreeMap<>();

    /**
     * @param keepSteps how many acknowledged steps are kept whatever the trainer names
     * @param keepStepsMax how many may be kept for a checkpoint
     */
    public Retention(int keepSteps, int keepStepsMax) {
        this.keepSteps = keepSteps;
        this.keepStepsMax = keepStepsMax;
    }

    /** The first step that is kept. */
    public StepNumber first(StepNumber nextStep, @Nullable StepNumber checkpoint) {
        StepNumber newest = new StepNumber(Math.max(0, nextStep.value() - keepSteps));
        return checkpoint != null && checkpoint.compareTo(newest) < 0 ? checkpoint : newest;
    }

    /** A step is acknowledged, or was in the run so far. */
    public void keep(StepNumber step, List<ManifestEntry> groups) {
        Map<Integer, Long> from = new HashMap<>();
        groups.forEach(entry -> entry.offsets().forEach(offset -> from.merge(entry.partition(), offset, Math::min)));
        kept.put(step, from);
    }

    /** Steps that are not served again after a resumption are spent. */
    public void resumed(StepRecord.Resume resume) {
        kept.tailMap(resume.replayBefore(), true).clear();
    }

    /** Forgets what is no longer kept. */
    public void forgetBefore(StepNumber first) {
        kept.headMap(first, false).clear();
    }

    /**
     * By partition, the first record that a kept step needs.
     *
     * @return partitions of which none is needed are absent
     */
    public Map<Integer, Long> neededFrom() {
        Map<Integer, Long> from = new HashMap<>();
        kept.values().forEach(step -> step.forEach((partition, offset) -> from.merge(partition, offset, Math::min)));
        return from;
    }

    /**
     * The first step from which on every step is kept and every record of it stands where its manifest says.
     *
     * @param steps recorded ones, ascending
     * @param before the step after the last of them; returned when not even that one can be replayed
     * @param begins first offset of each partition of the results
     * @param ends offset after the last of each partition; a broker may have lost the end of a log
     */
    public StepNumber lowestReplayable(
            List<StepHistory.Kept> steps, StepNumber before, Map<Integer, Long> begins, Map<Integer, Long> ends) {
        StepNumber lowest = before;
        for (StepHistory.Kept one : steps.reversed()) {
            boolean there = one.lease().groups().stream()
                    .allMatch(entry -> entry.offsets().stream()
                            .allMatch(offset -> offset >= begins.getOrDefault(entry.partition(), 0L)
                                    && offset < ends.getOrDefault(entry.partition(), 0L)));
            if (!there || !kept.containsKey(one.lease().step())) {
                break;
            }
            lowest = one.lease().step();
        }
        return lowest;
    }

    /** Steps kept now. */
    public int steps() {
        return kept.size();
    }

    /** Why no further step may be leased; empty when one may. */
    public Optional<String> refusal(StepNumber nextStep, @Nullable StepNumber checkpoint) {
        if (checkpoint == null || nextStep.value() - checkpoint.value() < keepStepsMax) {
            return Optional.empty();
        }
        return Optional.of("step " + nextStep + " is not leased: the newest checkpoint named is at step " + checkpoint
                + ", so " + (nextStep.value() - checkpoint.value())
                + " steps are kept for replay, and keep-steps-max is "
                + keepStepsMax + ". Name a newer durable checkpoint: acknowledge the last step again with its"
                + " checkpoint_step; or restart the trainer consumer with a larger keep-steps-max.");
    }
}
