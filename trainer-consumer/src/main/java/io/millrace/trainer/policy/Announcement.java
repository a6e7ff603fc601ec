package io.millrace.trainer.policy;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.VersionWords;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the trainer says of its weights, beside what its acknowledgements say.
 *
 * @param lineage the one that the trainer is in
 * @param version the version that is ready, as the trainer calls it; null for the one before the update or the pause; only with ready
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
    PolicyDecision on(Policy current, VersionRules rules, long trained, long nowMs) {
        if (!lineage.equals(current.lineage())) {
            return new PolicyDecision.Refused("the run is in lineage " + current.lineage() + ", not in " + lineage
                    + "; a trainer that was replaced ends, one that resumed names the new lineage");
        }
        WeightVersion word = version;
        if (word == null) {
            return said(current, current.weightVersion(), current.words().asBefore(), trained, nowMs);
        }
        return switch (rules.ready(current, word)) {
            case VersionRules.Meaning.Version means -> said(current, means.version(), means.words(), trained, nowMs);
            case VersionRules.Meaning.Restart restart -> new PolicyDecision.Restarted(restart.words());
            case VersionRules.Meaning.Refused refused -> new PolicyDecision.Refused(refused.why());
        };
    }

    private PolicyDecision said(Policy current, WeightVersion number, VersionWords words, long trained, long nowMs) {
        boolean rises = number.compareTo(current.weightVersion()) > 0;
        VersionWords after = state == Policy.State.READY ? words : current.words();
        if (!rises && state == current.state() && after.equals(current.words())) {
            return new PolicyDecision.Unchanged(current);
        }
        long counted = rises ? Math.max(0, trained) : current.trainedGroups();
        return new PolicyDecision.Changed(new Policy(current.lineage(), number, counted, state, nowMs, after), rises);
    }
}
