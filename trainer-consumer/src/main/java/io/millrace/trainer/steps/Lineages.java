package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord.Lease;
import io.millrace.common.record.StepRecord.Resume;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The run's resumptions, and the recorded steps that are still to be replayed. Owned by the ledger. */
final class Lineages {
    private final List<Resume> resumes = new ArrayList<>();
    /** Leases of the steps still to be replayed, as far as they were handed in. */
    private final NavigableMap<StepNumber, Lease> recorded = new TreeMap<>();

    void restore(List<Resume> all) {
        resumes.clear();
        resumes.addAll(all);
    }

    void add(Resume resume) {
        resumes.add(resume);
        recorded.clear();
    }

    /** @return null before the first */
    @Nullable
    Resume last() {
        return resumes.isEmpty() ? null : resumes.getLast();
    }

    List<Resume> all() {
        return List.copyOf(resumes);
    }

    /** Whether this step is one of those that are replayed. */
    boolean isReplayed(StepNumber step) {
        Resume last = last();
        return last != null && step.compareTo(last.replayBefore()) < 0;
    }

    /** Up to which step, exclusive, the present lineage has steps, served again or not. */
    StepNumber recordedBefore(StepNumber nextStep) {
        Resume last = last();
        return last != null && last.replayBefore().compareTo(nextStep) > 0 ? last.replayBefore() : nextStep;
    }

    void recorded(NavigableMap<StepNumber, Lease> leases) {
        recorded.clear();
        recorded.putAll(leases);
    }

    @Nullable
    Lease recorded(StepNumber step) {
        return recorded.get(step);
    }

    void replayed(StepNumber step) {
        recorded.headMap(step, true).clear();
    }

    /** Groups of the recorded steps from this one on. */
    long groupsFrom(StepNumber step) {
        return recorded.tailMap(step, true).values().stream()
                .mapToLong(lease -> lease.groups().size())
                .sum();
    }

    /** Whether a group belongs to a future that was given up: issued before a resumption, by weights after it. */
    boolean isLost(Lineage issued, WeightVersion newest) {
        return resumes.stream()
                .anyMatch(resume -> !resume.weightsGoOn()
                        && issued.compareTo(resume.lineage()) < 0
                        && newest.compareTo(resume.weightVersion()) > 0);
    }
}
