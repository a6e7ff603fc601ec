package io.millrace.trainer.policy;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.VersionWords;
import java.util.List;
import java.util.Optional;

/**
 * The policy that stands, what {@code steps} alone says of it (announcements between steps stand only on
 * {@code policy}), and how many steps were taken with its version. Owned by the ledger; not thread-safe.
 */
public final class CurrentPolicy {
    private final Capacity capacity;
    private final VersionRules rules;
    private Policy policy = Policy.initial();
    private Policy ofSteps = policy;
    private long stepsInVersion;

    public CurrentPolicy(Capacity capacity, VersionRules rules) {
        this.capacity = capacity;
        this.rules = rules;
    }

    public Policy get() {
        return policy;
    }

    /** The policy as {@code steps} alone tells it. */
    public Policy ofSteps() {
        return ofSteps;
    }

    public long stepsInVersion() {
        return stepsInVersion;
    }

    public void restore(StepRecord.Snapshot copy) {
        ofSteps = copy.policy();
        stepsInVersion = copy.stepsInVersion();
    }

    /** The policy was decided, and is to be written. */
    public void become(Policy next) {
        policy = next;
    }

    /**
     * The policy stands on its topic.
     *
     * @param trained groups trained so far in its lineage
     */
    public void found(Policy last, long trained) {
        policy = new Policy(
                last.lineage(),
                last.weightVersion(),
                last.trainedGroups(),
                last.state(),
                last.sinceMs(),
                last.words().withJumpMax(rules.jumpMax()));
        countSteps(trained);
    }

    /**
     * Of a version that no acknowledgement names, {@code steps} does not say since when it is the current one; the
     * policy's count of trained groups does. What acknowledgements say is never less.
     *
     * @param trained groups trained so far in this lineage
     */
    public void countSteps(long trained) {
        long groups = Math.max(0, trained - policy.trainedGroups());
        stepsInVersion = Math.min(stepsInVersion, Math.ceilDiv(groups, capacity.batchGroups()));
    }

    /**
     * {@code steps} names a version that is the current one.
     *
     * @param trained groups trained in this lineage by numbers alone
     */
    public void heard(Lineage lineage, WeightVersion version, long sinceMs, long trained) {
        if (version.compareTo(ofSteps.weightVersion()) > 0) {
            ofSteps = new Policy(lineage, version, trained, Policy.State.READY, sinceMs, ofSteps.words());
        }
    }

    /** A step is trained that led to a new version, or to none. */
    public void trained(boolean newVersion) {
        stepsInVersion = newVersion ? 0 : stepsInVersion + 1;
    }

    public void resumed(StepRecord.Resume resume) {
        stepsInVersion = 0;
        VersionWords before = ofSteps.words();
        ofSteps = new Policy(
                resume.lineage(),
                resume.weightVersion(),
                resume.trainedGroups(),
                resume.weightsGoOn() ? Policy.State.READY : Policy.State.UPDATING,
                resume.resumedAtMs(),
                resume.weightsGoOn()
                        ? before.confirmed(resume.versionOffset())
                        : before.unconfirmed(resume.versionOffset()));
    }

    /** @param trained groups trained so far in this lineage */
    public PolicyDecision announce(Announcement announcement, long trained, long nowMs) {
        PolicyDecision decision = announcement.on(policy, rules, trained, nowMs);
        if (decision instanceof PolicyDecision.Changed changed) {
            policy = changed.policy();
            stepsInVersion = changed.newVersion() ? 0 : stepsInVersion;
        }
        return decision;
    }

    /** What it means that an acknowledged step led to the version so called. */
    public VersionRules.Meaning acknowledged(WeightVersion word) {
        return rules.acknowledged(policy, word);
    }

    /**
     * Why no further step can be filled before a new version is announced; empty when one can.
     *
     * @param open steps that are leased and not acknowledged
     */
    public Optional<String> unfillable(StepNumber step, int open) {
        long taken = stepsInVersion + open;
        if (taken < capacity.stepsUntilNewVersion()) {
            return Optional.empty();
        }
        return Optional.of("step " + step + " can never be filled: the trainer took "
                + taken + " steps with weight version " + policy.word()
                + " and announced no newer one, and with steps-per-version " + capacity.stepsPerVersion()
                + " and pipeline-depth " + capacity.pipelineDepth() + " only " + capacity.stepsUntilNewVersion()
                + " steps are generated for one version. Acknowledge each " + capacity.stepsPerVersion()
                + ". step with its new weight_version, or start producer and trainer consumer with the"
                + " steps-per-version that the trainer really takes.");
    }

    /** What to tell who leases the next step of steps that come without a new version. */
    public List<String> warnings(StepNumber nextStep) {
        if (stepsInVersion < capacity.stepsPerVersion()) {
            return List.of();
        }
        return List.of("step " + nextStep + " is number " + (stepsInVersion + 1) + " with weight version "
                + policy.word() + ", steps-per-version is " + capacity.stepsPerVersion() + "; after "
                + capacity.stepsUntilNewVersion() + " steps without a new version no further step can be filled");
    }
}
