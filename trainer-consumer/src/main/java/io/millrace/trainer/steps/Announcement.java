package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the trainer says of its weights, beside what its acknowledgements say.
 *
 * @param lineage the one that the trainer is in
 * @param version the version that is ready; null for the one before the update or the pause; only with ready
 */
public record Announcement(
        Lineage lineage, Policy.State state, @Nullable WeightVersion version) {
    public Announcement {
        if (version != null && state != Policy.State.READY) {
            throw new IllegalArgumentException(
                    "weight_version is announced with state ready, when engines serve it, not with "
                            + state.name().toLowerCase(Locale.ROOT));
        }
    }

    /**
     * What becomes of it; changes nothing.
     *
     * @param trained groups trained so far in this lineage
     */
    PolicyDecision on(Policy current, long trained, long nowMs) {
        if (!lineage.equals(current.lineage())) {
            return new PolicyDecision.Refused("the run is in lineage " + current.lineage() + ", not in " + lineage
                    + "; a trainer that was replaced ends, one that resumed names the new lineage");
        }
        WeightVersion asked = version == null ? current.weightVersion() : version;
        int rise = asked.compareTo(current.weightVersion());
        if (rise < 0) {
            return new PolicyDecision.Refused("weight_version " + asked + " is older than the current "
                    + current.weightVersion() + "; a version must rise");
        }
        if (rise == 0 && state == current.state()) {
            return new PolicyDecision.Unchanged(current);
        }
        long counted = rise > 0 ? Math.max(0, trained) : current.trainedGroups();
        return new PolicyDecision.Changed(new Policy(current.lineage(), asked, counted, state, nowMs), rise > 0);
    }
}
