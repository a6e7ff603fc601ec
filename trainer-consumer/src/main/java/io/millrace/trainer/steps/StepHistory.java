package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/*
 * A lineage's steps are its own, and before them those of the lineage it continued, up to where it began. A replay gives
 * the same manifests again, so a step that is still to be replayed is already known: a resumption takes back only the
 * steps from its `replayBefore` on. A lease that a resumption made void goes the same way, or is leased again as it was.
 */

/**
 * Which batch each step had, as one lineage sees it: a fold over records of {@code steps} in their order, which may begin
 * anywhere. Records of later lineages are passed over. Not thread-safe.
 */
public final class StepHistory {
    private final Lineage lineage;
    private final TreeMap<StepNumber, Kept> steps = new TreeMap<>();

    /**
     * One step.
     *
     * @param lease with the manifest; of the lineage that leased the step last
     * @param acknowledgement its newest; null while it was only leased
     */
    public record Kept(StepRecord.Lease lease, StepRecord.@Nullable Acknowledgement acknowledgement) {}

    /** @param lineage whose steps these are */
    public StepHistory(Lineage lineage) {
        this.lineage = lineage;
    }

    /** Takes the next record. */
    public void add(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease
            when isMine(lease.lineage()) -> {
                Kept before = steps.get(lease.step());
                steps.put(lease.step(), new Kept(lease, before == null ? null : before.acknowledgement()));
            }
            case StepRecord.Acknowledgement ack
            when isMine(ack.lineage()) ->
                steps.computeIfPresent(ack.step(), (step, kept) -> new Kept(kept.lease(), ack));
            case StepRecord.LeaseVoid gone
            when isMine(gone.lineage()) ->
                steps.tailMap(gone.step(), true).values().removeIf(kept -> kept.acknowledgement() == null);
            case StepRecord.Resume resume
            when isMine(resume.lineage()) ->
                steps.tailMap(resume.replayBefore(), true).clear();
            default -> {}
        }
    }

    private boolean isMine(Lineage other) {
        return other.compareTo(lineage) <= 0;
    }

    /** @return empty when the records taken so far do not hold it */
    public Optional<Kept> step(StepNumber step) {
        return Optional.ofNullable(steps.get(step));
    }

    /** Those of the steps from {@code from} up to {@code before} (exclusive) that are known, ascending. */
    public List<Kept> steps(StepNumber from, StepNumber before) {
        return from.compareTo(before) >= 0
                ? List.of()
                : new ArrayList<>(steps.subMap(from, before).values());
    }
}
