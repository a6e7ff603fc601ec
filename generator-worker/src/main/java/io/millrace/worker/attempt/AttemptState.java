package io.millrace.worker.attempt;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord.HeldGroup;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.topics.Lane;
import io.millrace.common.trace.TraceContext;
import io.millrace.worker.engine.dialect.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    private final @Nullable TraceContext trace;
    private final List<Sample> samples;
    /** What has come of each of them: itself, or what a generator made of its rollout; null as long as nothing has. */
    private final @Nullable List<WrittenSample>[] made;
    /** Samples whose requests are at an engine, or wait for one. */
    private final BitSet asking;

    private final AttemptTimes times;
    /** What is through and waits to be judged with the others, by place in the group. */
    private final Map<Integer, List<Unjudged>> waiting = new HashMap<>();

    private int pending;
    private int ungenerated;
    private @Nullable EarlyEnd earlyEnd;
    private boolean cutOff;
    /** What it goes on with, as long as nobody has tried to read it, or what was read. */
    private @Nullable PartialRef partial;

    private int @Nullable [] promptIds;

    /** Of a task that is not traced. */
    public AttemptState(TrainingTask task, Lane lane, long claimedAtMs, long claimedNanos) {
        this(task, lane, claimedAtMs, claimedNanos, null);
    }

    /**
     * @param lane where it was claimed
     * @param claimedNanos the same moment by the monotonic clock
     * @param trace that its task came with; null for none
     */
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    public AttemptState(
            TrainingTask task, Lane lane, long claimedAtMs, long claimedNanos, @Nullable TraceContext trace) {
        this.trace = trace;
        this.task = task;
        this.lane = lane;
        this.claimedAtMs = claimedAtMs;
        this.claimedNanos = claimedNanos;
        this.samples = new ArrayList<>();
        IntStream.range(0, task.samples()).forEach(sample -> samples.add(new Sample(task)));
        this.made = new @Nullable List[task.samples()];
        this.asking = new BitSet(task.samples());
        this.times = new AttemptTimes(claimedNanos, task.samples());
        this.partial = task.partial();
        this.promptIds = ids(task);
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

    /** That its task came with; null for none. */
    public @Nullable TraceContext trace() {
        return trace;
    }

    /** When its samples came how far. */
    public AttemptTimes times() {
        return times;
    }

    /** When it must have ended, by the monotonic clock; {@link Long#MAX_VALUE} where the task sets no limit. */
    public long deadlineNanos() {
        Long limitMs = task.timeLimitMs();
        if (limitMs == null || limitMs > Long.MAX_VALUE / 1_000_000 / 2) {
            return Long.MAX_VALUE;
        }
        return claimedNanos + limitMs * 1_000_000;
    }

    /** An engine puts the tokens of images where their marks stand in a conversation's text, so it gets that. */
    private static int @Nullable [] ids(TrainingTask task) {
        boolean asText = task.prompt() instanceof Prompt.Messages
                && !Media.of(task.metadata()).isEmpty();
        return asText ? null : task.prompt().ids();
    }

    /**
     * What another worker has generated of the group; before any sample begins.
     *
     * @throws IllegalArgumentException when it is not what the task's reference names; then nothing has changed
     */
    public void restore(RolloutGroup written) {
        PartialGroup.check(written, task);
        List<List<WrittenSample>> rollouts = PartialGroup.rollouts(written);
        for (int i = 0; i < samples.size(); i++) {
            WrittenSample first = rollouts.get(i).getFirst();
            if (first.header().status() == SampleStatus.ABORTED) {
                samples.set(i, Sample.of(first, task));
            } else {
                made[i] = List.copyOf(rollouts.get(i));
            }
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

    /** Whether something has come of every sample. */
    boolean isWhole() {
        return Arrays.stream(made).allMatch(Objects::nonNull);
    }

    /** The group's samples as they are; those that are not finished are aborted ones. */
    List<WrittenSample> written() {
        List<WrittenSample> written = new ArrayList<>();
        for (int i = 0; i < made.length; i++) {
            List<WrittenSample> finished = made[i];
            written.addAll(
                    finished == null ? List.of(samples.get(i).unfinished(sampleIndex(i), knownPromptIds())) : finished);
        }
        return written;
    }

    /** Of a sample in the run. */
    public long sampleIndex(int sample) {
        return task.groupIndex().sampleIndex(sample, task.samples());
    }

    private int[] knownPromptIds() {
        return promptIds == null ? new int[0] : promptIds;
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
        return earlyEnd == null && made[sample] == null;
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
     * A sample whose generation is through, as it is before it is judged.
     *
     * @throws IllegalStateException when something is left to generate
     */
    public WrittenSample through(int sample) {
        return samples.get(sample).through(sampleIndex(sample), knownPromptIds());
    }

    /**
     * What one place in the group came to is through, and is to be judged together with the others.
     *
     * @return whether it is the last of the group: the caller judges them all
     */
    public boolean drawn(int sample, List<Unjudged> came) {
        waiting.put(sample, List.copyOf(came));
        return IntStream.range(0, made.length).allMatch(one -> made[one] != null || waiting.containsKey(one));
    }

    /**
     * What one place in the group came to, of a group all of which is through; what a worker before this one has judged
     * stays as it was.
     */
    public List<Unjudged> drawn(int sample) {
        List<WrittenSample> finished = made[sample];
        return finished == null
                ? Objects.requireNonNull(waiting.get(sample))
                : finished.stream().map(one -> new Unjudged(one, true)).toList();
    }

    /**
     * What one place in the group came to has been judged.
     *
     * @param samples itself, or what a generator made for it: one at least, all of the place's index
     * @param nanos by the monotonic clock
     */
    public void made(int sample, List<WrittenSample> samples, long nanos) {
        made[sample] = List.copyOf(samples);
        times.judged(sample, nanos);
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
        long tokens = 0;
        for (int i = 0; i < made.length; i++) {
            List<WrittenSample> finished = made[i];
            tokens += finished == null
                    ? samples.get(i).length()
                    : finished.stream()
                            .mapToLong(sample -> sample.tokens().length)
                            .sum();
        }
        return tokens;
    }

    /** How the status record shows it. */
    public HeldGroup held() {
        return new HeldGroup(lane.kind(), task.groupIndex(), task.attempt(), claimedAtMs, (int)
                Arrays.stream(made).filter(Objects::nonNull).count());
    }
}
