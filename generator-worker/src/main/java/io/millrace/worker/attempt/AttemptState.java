package io.millrace.worker.attempt;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord.HeldGroup;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.topics.Lane;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of one group, from claim to receipt.
 *
 * <p>Every sample that was given a slot is begun and, when that allows it to run, scored or the reason of an early end, and
 * always ended; samples that never get a slot are skipped. Whoever takes off the last one is told so and closes the group,
 * so a group is closed exactly once.
 *
 * <p>Not thread-safe: owned by whoever holds the attempt.
 */
public final class AttemptState {
    private final TrainingTask task;
    private final Lane lane;
    private final long claimedAtMs;
    private final long claimedNanos;
    private final List<Sample> samples;
    /** Samples whose requests are at an engine, or wait for one. */
    private final BitSet asking;
    /** Samples that are through and wait to be judged with the others. */
    private final BitSet drawn;

    private int pending;
    private int ungenerated;
    private @Nullable EarlyEnd earlyEnd;
    private boolean cutOff;
    /** What it goes on with, as long as nobody has tried to read it, or what was read. */
    private @Nullable PartialRef partial;

    private int @Nullable [] promptIds;

    /**
     * @param lane where it was claimed
     * @param claimedNanos the same moment by the monotonic clock
     */
    public AttemptState(TrainingTask task, Lane lane, long claimedAtMs, long claimedNanos) {
        this.task = task;
        this.lane = lane;
        this.claimedAtMs = claimedAtMs;
        this.claimedNanos = claimedNanos;
        this.samples = new ArrayList<>();
        IntStream.range(0, task.samples()).forEach(sample -> samples.add(new Sample(task)));
        this.asking = new BitSet(task.samples());
        this.drawn = new BitSet(task.samples());
        this.partial = task.partial();
        this.promptIds = task.prompt() instanceof Prompt.TokenIds given ? given.inputIds() : null;
        this.pending = task.samples();
        this.ungenerated = task.samples();
    }

    public TrainingTask task() {
        return task;
    }

    public Lane lane() {
        return lane;
    }

    public long claimedAtMs() {
        return claimedAtMs;
    }

    public long claimedNanos() {
        return claimedNanos;
    }

    /** When it must have ended, by the monotonic clock; {@link Long#MAX_VALUE} where the task sets no limit. */
    public long deadlineNanos() {
        Long limitMs = task.timeLimitMs();
        if (limitMs == null || limitMs > Long.MAX_VALUE / 1_000_000 / 2) {
            return Long.MAX_VALUE;
        }
        return claimedNanos + limitMs * 1_000_000;
    }

    /**
     * What another worker has generated of the group; before any sample begins.
     *
     * @throws IllegalArgumentException when it is not what the task's reference names; then nothing has changed
     */
    public void restore(RolloutGroup written) {
        PartialGroup.check(written, task);
        for (int i = 0; i < samples.size(); i++) {
            samples.set(i, PartialGroup.sample(written, i, task));
        }
        int[] prompt = PartialGroup.promptIds(written);
        if (promptIds == null && prompt.length > 0) {
            promptIds = prompt;
        }
    }

    /** What it should go on with is lost; it begins anew. */
    public void notRestored() {
        partial = null;
    }

    /** Where the group stands as it was before this attempt; null when nothing does. */
    public @Nullable PartialRef partial() {
        return partial;
    }

    /** The engine's token ids of the prompt are known; before any sample begins. */
    public void tokenized(int[] ids) {
        promptIds = ids;
    }

    /** The prompt's token ids; null when the prompt goes to the engine as text. */
    public int @Nullable [] promptIds() {
        return promptIds;
    }

    /** What there is of a sample. */
    public Sample sample(int sample) {
        return samples.get(sample);
    }

    List<Sample> samples() {
        return samples;
    }

    /**
     * It is ready for samples, or never will be.
     *
     * @return whether it has ended meanwhile: then no sample may begin, and the caller closes the group
     */
    public boolean prepared() {
        if (earlyEnd == null) {
            return false;
        }
        pending = 0;
        ungenerated = 0;
        return true;
    }

    /**
     * A sample has its slot.
     *
     * @return false when it must not run, only be ended: the attempt has ended, or a worker before this one has made it
     */
    public boolean begin(int sample) {
        return earlyEnd == null && !samples.get(sample).isScored();
    }

    /**
     * A sample is about to wait for an engine; {@link #answered} follows.
     *
     * @return false when the attempt has ended: it must not ask
     */
    public boolean ask(int sample) {
        asking.set(sample, earlyEnd == null);
        return earlyEnd == null;
    }

    public void answered(int sample) {
        asking.clear(sample);
    }

    /** Whether an engine may still answer with what it has of a sample that is given back. */
    public boolean awaitsAnswer(int sample) {
        return isGivenBack() && asking.get(sample);
    }

    /**
     * A sample's generation is through, and it is to be judged together with the others.
     *
     * @return whether it is the last of the group: the caller judges them all
     */
    public boolean drawn(int sample) {
        drawn.set(sample);
        return IntStream.range(0, samples.size())
                .allMatch(one -> drawn.get(one) || samples.get(one).isScored());
    }

    /** A sample's generation is through, and it has been judged. */
    public void score(int sample, Reward reward, double scoringSeconds) {
        samples.get(sample)
                .score(
                        task.groupIndex().sampleIndex(sample, task.samples()),
                        promptIds == null ? 0 : promptIds.length,
                        reward,
                        scoringSeconds);
    }

    /**
     * The attempt ends early. The first reason counts; when all samples are through, the result is on its way and nothing
     * ends early any more.
     *
     * @return whether this was the first
     */
    public boolean endEarly(EarlyEnd why) {
        if (earlyEnd != null || pending == 0) {
            return false;
        }
        earlyEnd = why;
        return true;
    }

    /** Why it ended early; null when it did not. */
    public @Nullable EarlyEnd earlyEnd() {
        return earlyEnd;
    }

    /** Whether the group is given back with what has been generated of it. */
    public boolean isGivenBack() {
        return earlyEnd instanceof EarlyEnd.HandBack back && back.keeps();
    }

    /** A sample was interrupted though the attempt has not ended: the process ends, the group is left to the ledger. */
    public void cutOff() {
        cutOff = earlyEnd == null;
    }

    /**
     * Generation of so many samples has ended, their slots are free.
     *
     * @return whether those were the group's last: from now on it waits for scoring and publication only
     */
    public boolean generated(int count) {
        ungenerated -= count;
        return ungenerated == 0;
    }

    /**
     * A sample that had a slot is through.
     *
     * @return whether it was the last of a group that was not cut off: the caller closes the group
     */
    public boolean end() {
        return --pending == 0 && !cutOff;
    }

    /**
     * Samples that never got a slot are taken off.
     *
     * @return whether no other sample runs either: the caller closes the group
     */
    public boolean skip(int count) {
        pending -= count;
        return count > 0 && pending == 0;
    }

    /** Response tokens of all samples. */
    public long responseTokens() {
        return samples.stream().mapToLong(Sample::length).sum();
    }

    /** How the status record shows it. */
    public HeldGroup held() {
        return new HeldGroup(lane.kind(), task.groupIndex(), task.attempt(), claimedAtMs, (int)
                samples.stream().filter(Sample::isScored).count());
    }
}
