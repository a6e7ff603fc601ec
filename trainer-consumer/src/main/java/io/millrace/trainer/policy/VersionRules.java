package io.millrace.trainer.policy;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.VersionWords;

/**
 * What the versions that a trainer names mean, and which it may name. Pure.
 *
 * @param jumpMax how far above the current version the next one may be, 1 or more
 */
public record VersionRules(long jumpMax, OnVersionRestart onRestart) {
    /** The defaults of the settings. */
    public static VersionRules defaults() {
        return new VersionRules(VersionWords.JUMP_MAX_DEFAULT, OnVersionRestart.LINEAGE);
    }

    /** What a trainer's word comes to. */
    public sealed interface Meaning {
        /** It means this version, which is not below the current one; and how its words are to be read from here on. */
        record Version(WeightVersion version, VersionWords words) implements Meaning {}

        /** It is below the current one, which it means from here on in a lineage of its own. */
        record Restart(VersionWords words) implements Meaning {}

        record Refused(String why) implements Meaning {}
    }

    /** Of {@code ready}: engines serve the version so called. The first in a lineage names the version it began with. */
    public Meaning ready(Policy current, WeightVersion word) {
        VersionWords words = current.words();
        if (!words.confirmed() && words.stated() && !word.equals(current.word())) {
            return new Meaning.Refused("weight_version " + word + " is not what the resumption named: lineage "
                    + current.lineage() + " begins with weight_version " + current.word()
                    + ", which is expected. A trainer that calls it otherwise resumes again and says how");
        }
        if (!words.confirmed()) {
            return new Meaning.Version(current.weightVersion(), words.where(word, current.weightVersion()));
        }
        if (word.compareTo(current.word()) < 0) {
            return onRestart == OnVersionRestart.LINEAGE
                    ? new Meaning.Restart(words.where(word, current.weightVersion()))
                    : new Meaning.Refused("weight_version " + word + " is older than the current " + current.word()
                            + ": expected is " + current.word().next() + ". A trainer that counts anew goes on counting"
                            + " from there, or the trainer consumer is started with --on-version-restart lineage");
        }
        return risen(current, word);
    }

    /**
     * Of an acknowledgement: the step led to the version so called. The first in a lineage names the one after that it
     * began with, where the resumption did not say what that is called. One that does not rise is for the caller to
     * refuse.
     */
    public Meaning acknowledged(Policy current, WeightVersion word) {
        if (!current.words().confirmed() && !current.words().stated()) {
            WeightVersion next = current.weightVersion().next();
            return new Meaning.Version(next, current.words().where(word, next));
        }
        return risen(current, word);
    }

    private Meaning risen(Policy current, WeightVersion word) {
        // Not by the current word, which stands at 0 for what was there before the trainer counted.
        long rise = word.value()
                + current.words().offset()
                - current.weightVersion().value();
        return rise > jumpMax
                ? new Meaning.Refused("weight_version " + word + " is " + rise + " above the current " + current.word()
                        + ", and at most " + jumpMax + " are taken for a count (version-jump-max): expected is "
                        + current.word().next() + ". A trainer that comes with a checkpoint says what that is called"
                        + " when it begins: POST /v1/resume with the run's step, lineage "
                        + current.lineage().next() + " and weight_version " + word
                        + ", or --resume-step and --resume-version at the trainer consumer's start")
                : new Meaning.Version(
                        new WeightVersion(Math.max(0, current.weightVersion().value() + rise)),
                        current.words().asBefore());
    }
}
