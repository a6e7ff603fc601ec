package io.millrace.common.record;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * The newest weights, on the compacted {@code policy} topic; written by the trainer consumer.
 *
 * @param weightVersion the run's own number, not the trainer's word
 * @param trainedGroups groups trained in this lineage when this version became ready: admission counts from it
 * @param sinceMs wall clock when this state began
 * @param words how the trainer's and the engines' words become numbers
 */
public record Policy(
        Lineage lineage, WeightVersion weightVersion, long trainedGroups, State state, long sinceMs, VersionWords words)
        implements ControlRecord {
    /** The topic's only key. */
    public static final String KEY = "policy";

    /** Whether engines serve this version. */
    public enum State {
        READY,
        UPDATING,
        PAUSED;

        /** As the API and people have it: ready, updating, paused. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Policy {
        if (trainedGroups < 0) {
            throw new IllegalArgumentException("trained_groups must be 0 or more, was " + trainedGroups);
        }
    }

    /** Of a trainer whose words are the numbers. */
    public Policy(Lineage lineage, WeightVersion weightVersion, long trainedGroups, State state, long sinceMs) {
        this(lineage, weightVersion, trainedGroups, state, sinceMs, VersionWords.SAME);
    }

    /** Before any training. */
    public static Policy initial() {
        return new Policy(new Lineage(0), new WeightVersion(0), 0, State.READY, 0);
    }

    /** What the trainer calls the current version. */
    public WeightVersion word() {
        return words.word(weightVersion);
    }

    /**
     * The number of a word that an engine uses.
     *
     * @return none for a word that can be no version of this lineage: below its first, or so far above the current one
     *     that it is another count or a name; while the lineage is not confirmed, engines may serve any later version
     */
    public OptionalLong number(long word) {
        long rise = word - (weightVersion.value() - words.offset());
        long number = weightVersion.value() + rise;
        return number < 0 || (words.confirmed() && rise > words.jumpMax())
                ? OptionalLong.empty()
                : OptionalLong.of(number);
    }

    /** Whether tokens of this version are of weights that the run does not know of: see {@link #newestKnown}. */
    public boolean isAhead(WeightVersion version) {
        return version.compareTo(newestKnown()) > 0;
    }

    /**
     * The newest version of which tokens may be: engines have the next one a moment before the trainer announces it, but
     * in a lineage that is not confirmed what is newer is of a future that was given up.
     */
    public WeightVersion newestKnown() {
        return words.confirmed() ? new WeightVersion(weightVersion.value() + 1) : weightVersion;
    }
}
