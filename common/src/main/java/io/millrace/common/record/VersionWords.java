package io.millrace.common.record;

import io.millrace.common.id.WeightVersion;

/*
 * Trainers and engines count weight versions themselves: some from 1 at every start, some from a checkpoint's number. The
 * run's own numbers rise over its whole life, or what is stale could not be told. So each lineage has an offset: the
 * number is the word plus the offset.
 */

/**
 * How the words of a lineage's trainer and engines for weight versions, numbers that they count themselves, become the
 * run's own.
 *
 * @param offset number minus word
 * @param confirmed whether the trainer has said ready, or named a version, since the lineage began; before that engines
 *     may still serve weights of a future that was given up, and the offset is that of the lineage which took the step
 *     before
 * @param stated whether who resumed named the version that the lineage begins with; then the offset is that of this
 *     lineage already, and its first ready must agree
 * @param jumpMax a word further above the current one than this is no version
 */
public record VersionWords(long offset, boolean confirmed, boolean stated, long jumpMax) {
    /** Of {@link #jumpMax}, where no setting says otherwise. */
    public static final long JUMP_MAX_DEFAULT = 8;
    /** Words that are the numbers. */
    public static final VersionWords SAME = new VersionWords(0, true, false, JUMP_MAX_DEFAULT);

    public VersionWords {
        if (jumpMax < 1) {
            throw new IllegalArgumentException("jump_max must be 1 or more, was " + jumpMax);
        }
    }

    /** What the trainer calls a version; 0 where that was before it counted. */
    public WeightVersion word(WeightVersion version) {
        return new WeightVersion(Math.max(0, version.value() - offset));
    }

    /** As a lineage begins of whose words nothing is said but that they may be these. */
    public VersionWords unconfirmed(long likely) {
        return new VersionWords(likely, false, false, jumpMax);
    }

    /** As a lineage begins of which is said that this word means this version. */
    public VersionWords stated(WeightVersion word, WeightVersion version) {
        return new VersionWords(version.value() - word.value(), false, true, jumpMax);
    }

    /** This word means this version. */
    public VersionWords where(WeightVersion word, WeightVersion version) {
        return new VersionWords(version.value() - word.value(), true, false, jumpMax);
    }

    /** Words mean what was stated of this lineage, or else what they meant when its first step was trained before. */
    public VersionWords asBefore() {
        return confirmed(offset);
    }

    /** Number minus word is this. */
    public VersionWords confirmed(long known) {
        return new VersionWords(known, true, false, jumpMax);
    }

    public VersionWords withJumpMax(long limit) {
        return new VersionWords(offset, confirmed, stated, limit);
    }
}
