package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord.Lease;
import io.millrace.common.record.StepRecord.Resume;
import io.millrace.common.record.StepRecord.Snapshot;
import io.millrace.trainer.policy.Announcement;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The present lineage, the resumptions that led to it, and the recorded steps that are still to be replayed. Owned by the ledger. */
final class Lineages {
    private Lineage current = Policy.initial().lineage();
    private final List<Resume> resumes = new ArrayList<>();
    /** Leases of the steps still to be replayed, as far as they were handed in. */
    private final NavigableMap<StepNumber, Lease> recorded = new TreeMap<>();

    void restore(Snapshot copy) {
        current = copy.lineage();
        resumes.clear();
        resumes.addAll(copy.resumes());
    }

    void add(Resume resume) {
        current = resume.lineage();
        resumes.add(resume);
        recorded.clear();
    }

    Lineage current() {
        return current;
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

    void recorded(List<StepHistory.Kept> steps) {
        recorded.clear();
        steps.forEach(kept -> recorded.put(kept.lease().step(), kept.lease()));
    }

    @Nullable
    Lease recorded(StepNumber step) {
        return recorded.get(step);
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

    /**
     * Whether the weights may have been pushed by a trainer that ended before it announced them, and the next one counts
     * anew. That can only be the version after its last one: once the new count has come there, what is above is its own.
     */
    boolean isOfACountThatEnded(Lineage issued, WeightVersion newest, WeightVersion version) {
        Resume last = last();
        return last != null
                && last.weightsGoOn()
                && issued.compareTo(current) < 0
                && version.equals(last.weightVersion())
                && newest.compareTo(version) > 0;
    }

    /** The word that began a count anew, in the lineage before: whoever said it may not have had the answer. */
    boolean isSaidAgain(Announcement announcement, Policy policy, StepNumber nextStep) {
        Resume last = last();
        return last != null
                && last.weightsGoOn()
                && last.step().equals(nextStep)
                && announcement.lineage().next().equals(current)
                && policy.state() == Policy.State.READY
                && policy.word().equals(announcement.version());
    }

    /** @param asked the lineage that this opens */
    ResumeDecision mayResume(StepNumber step, ResumeMode mode, Lineage asked, StepNumber nextStep) {
        Resume last = last();
        if (asked.equals(current) && last != null && last.step().equals(step)) {
            return new ResumeDecision.AlreadyResumed(current, step);
        }
        if (!asked.equals(current.next())) {
            return new ResumeDecision.Refused("the run is in lineage " + current
                    + (last == null ? "" : ", which resumed at step " + last.step())
                    + "; a resumption can open lineage " + current.next() + ", not " + asked);
        }
        if (step.compareTo(nextStep) > 0) {
            return new ResumeDecision.Refused("the run cannot resume at step " + step
                    + ", which is ahead of it: steps 0 to " + nextStep + " are possible");
        }
        StepNumber before = recordedBefore(nextStep);
        return new ResumeDecision.MayResume(
                current.next(), step, mode == ResumeMode.REPLAY ? before : step, before, null, null);
    }
}
