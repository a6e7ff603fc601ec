package io.millrace.worker.generate;

import io.millrace.common.record.GroupKind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord.HeldGroup;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.topics.Lane;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of one group in this worker's hands, from claim to receipt.
 *
 * <p>Every sample that was given a slot calls {@link #begin} and, when that allows it to run, {@link #made} or
 * {@link #endEarly}, and always {@link #end}; samples that never get a slot are taken off by {@link #skip}. Whoever takes
 * off the last one is told so and closes the group, so a group is closed exactly once.
 *
 * <p>Thread-safe; one lock guards all state. Interrupts reach only threads between begin and end.
 */
public final class GroupRun {
    private final TrainingTask task;
    private final Lane lane;
    private final long claimedAtMs;
    private final long claimedNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final @Nullable SampleMade[] made;
    private final @Nullable Thread[] running;
    /** Each changed by its sample's thread while that runs, read by whoever closes the group. */
    private final SampleSoFar[] soFar;
    /** Whose threads wait for an engine. */
    private final boolean[] asking;

    private int pending;
    private int ungenerated;
    private @Nullable EarlyEnd earlyEnd;
    private @Nullable Thread preparing;
    private boolean cutOff;
    /** What it goes on with, as long as nobody has tried to read it, or what was read. */
    private @Nullable PartialRef partial;

    private int @Nullable [] promptIds;

    /** @param lane where it was claimed */
    public GroupRun(TrainingTask task, Lane lane, long claimedAtMs, long claimedNanos) {
        this.task = task;
        this.lane = lane;
        this.claimedAtMs = claimedAtMs;
        this.claimedNanos = claimedNanos;
        this.made = new @Nullable SampleMade[task.samples()];
        this.running = new @Nullable Thread[task.samples()];
        this.soFar = new SampleSoFar[task.samples()];
        Arrays.setAll(soFar, sample -> new SampleSoFar(task.issueVersion()));
        this.asking = new boolean[task.samples()];
        this.partial = task.partial();
        this.pending = task.samples();
        this.ungenerated = task.samples();
    }

    public TrainingTask task() {
        return task;
    }

    public Lane lane() {
        return lane;
    }

    GroupKind kind() {
        return lane.kind();
    }

    long claimedAtMs() {
        return claimedAtMs;
    }

    long claimedNanos() {
        return claimedNanos;
    }

    /** When the attempt must have ended, by the worker's ticker; {@link Long#MAX_VALUE} where the task sets no limit. */
    long deadlineNanos() {
        Long limitMs = task.timeLimitMs();
        if (limitMs == null || limitMs > Long.MAX_VALUE / 1_000_000 / 2) {
            return Long.MAX_VALUE;
        }
        return claimedNanos + limitMs * 1_000_000;
    }

    /**
     * The group is made ready on the calling thread, before any sample starts; {@link #prepared} follows.
     *
     * @return false when the attempt has ended already
     */
    boolean prepare() {
        lock.lock();
        try {
            preparing = Thread.currentThread();
            return earlyEnd == null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * It is ready, or never will be. The thread's interrupt flag is cleared: an interrupt was meant for the preparation.
     *
     * @return whether the attempt has ended meanwhile: then no sample may be offered, and the caller closes the group
     */
    boolean prepared() {
        lock.lock();
        try {
            preparing = null;
            Thread.interrupted();
            if (earlyEnd != null) {
                pending = 0;
                ungenerated = 0;
                return true;
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * What another worker has generated of the group; before any sample starts.
     *
     * @throws IllegalArgumentException when it is not what the task's reference names
     */
    void restore(RolloutGroup partial) {
        PartialGroups.check(partial, task);
        lock.lock();
        try {
            PartialGroups.restore(partial, task, made, soFar);
            int[] prompt = PartialGroups.promptIds(partial);
            promptIds = prompt.length == 0 ? null : prompt;
        } finally {
            lock.unlock();
        }
    }

    /** What it should go on with is lost; it begins anew. */
    void notRestored() {
        lock.lock();
        try {
            partial = null;
        } finally {
            lock.unlock();
        }
    }

    /** Where the group stands as it was before this attempt; null when nothing does. */
    @Nullable
    PartialRef partial() {
        lock.lock();
        try {
            return partial;
        } finally {
            lock.unlock();
        }
    }

    /** What there is of a sample, to be gone on with by its own thread. */
    SampleSoFar soFar(int sample) {
        return soFar[sample];
    }

    /** The sample was made by a worker before this one. */
    boolean isMade(int sample) {
        lock.lock();
        try {
            return made[sample] != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The calling thread is about to wait for an engine; {@link #asked} follows.
     *
     * @throws InterruptedException when the attempt has ended
     */
    void asking(int sample) throws InterruptedException {
        lock.lock();
        try {
            goesOn();
            asking[sample] = true;
        } finally {
            lock.unlock();
        }
    }

    /** @throws InterruptedException when the attempt has ended */
    void goesOn() throws InterruptedException {
        lock.lock();
        try {
            if (earlyEnd != null) {
                throw new InterruptedException("the attempt has ended");
            }
        } finally {
            lock.unlock();
        }
    }

    void asked(int sample) {
        lock.lock();
        try {
            asking[sample] = false;
        } finally {
            lock.unlock();
        }
    }

    /** The engine's token ids of the prompt are known; before any sample starts. */
    void tokenized(int[] ids) {
        lock.lock();
        try {
            promptIds = ids;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The prompt's token ids.
     *
     * @return null when the prompt goes to the engine as text
     */
    int @Nullable [] promptIds() {
        if (task.prompt() instanceof Prompt.TokenIds given) {
            return given.inputIds();
        }
        lock.lock();
        try {
            return promptIds;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A sample starts on the calling thread.
     *
     * @return false when the group has failed meanwhile: the sample must not run, only {@link #end}
     */
    boolean begin(int sample) {
        lock.lock();
        try {
            if (earlyEnd != null) {
                return false;
            }
            running[sample] = Thread.currentThread();
            return true;
        } finally {
            lock.unlock();
        }
    }

    void made(int sample, SampleMade result) {
        lock.lock();
        try {
            made[sample] = result;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The attempt ends early: what runs for it on other threads is interrupted, but for threads that wait for an engine
     * when the group is given back with what there is of it. The first reason counts; when all samples are through, the
     * result is on its way and nothing ends early any more.
     *
     * @return whether this was the first
     */
    boolean endEarly(EarlyEnd why) {
        lock.lock();
        try {
            if (earlyEnd != null || pending == 0) {
                return false;
            }
            earlyEnd = why;
            interrupt(preparing);
            boolean waits = isGivenBack();
            for (int sample = 0; sample < running.length; sample++) {
                if (!waits || !asking[sample]) {
                    interrupt(running[sample]);
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the group is given back with what has been generated of it. */
    boolean isGivenBack() {
        lock.lock();
        try {
            return earlyEnd instanceof EarlyEnd.HandedBack back && back.keeps();
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts whatever still runs of an attempt that has ended. */
    void interruptRunning() {
        lock.lock();
        try {
            if (earlyEnd != null) {
                for (Thread thread : running) {
                    interrupt(thread);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Samples as they are, finished and not; when none runs any more. */
    PartialGroups.Samples asTheyAre() {
        lock.lock();
        try {
            return new PartialGroups.Samples(List.of(soFar), Arrays.asList(made.clone()));
        } finally {
            lock.unlock();
        }
    }

    private static void interrupt(@Nullable Thread thread) {
        if (thread != null && thread != Thread.currentThread()) {
            thread.interrupt();
        }
    }

    /** A sample was interrupted and no sibling had failed: the process ends, the group is left to the ledger. */
    void cutOff() {
        lock.lock();
        try {
            cutOff = earlyEnd == null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A sample's generation has ended and its slot is free.
     *
     * @return whether that was the group's last: from now on it waits for scoring and publication only
     */
    boolean generated(int count) {
        lock.lock();
        try {
            ungenerated -= count;
            return ungenerated == 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A sample is through. The calling thread's interrupt flag is cleared: an interrupt was meant for the sample only.
     *
     * @return whether it was the last of a group that was not cut off: the caller closes the group
     */
    boolean end(int sample) {
        lock.lock();
        try {
            running[sample] = null;
            // The flag may have come up after the sample had already succeeded.
            Thread.interrupted();
            return --pending == 0 && !cutOff;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Samples that never got a slot are taken off.
     *
     * @return whether no other sample runs either: the caller closes the group
     */
    boolean skip(int count) {
        lock.lock();
        try {
            pending -= count;
            return count > 0 && pending == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Why the attempt ended early; null when it did not. */
    @Nullable
    EarlyEnd earlyEnd() {
        lock.lock();
        try {
            return earlyEnd;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Every sample, in order.
     *
     * @throws IllegalStateException when one is missing
     */
    List<SampleMade> samples() {
        lock.lock();
        try {
            List<SampleMade> all = new ArrayList<>(made.length);
            for (SampleMade sample : made) {
                if (sample == null) {
                    throw new IllegalStateException("group " + task.groupIndex() + " lacks a sample: this is a bug");
                }
                all.add(sample);
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** How the status record shows it. */
    HeldGroup held() {
        lock.lock();
        try {
            int done = 0;
            for (SampleMade sample : made) {
                if (sample != null) {
                    done++;
                }
            }
            return new HeldGroup(lane.kind(), task.groupIndex(), task.attempt(), claimedAtMs, done);
        } finally {
            lock.unlock();
        }
    }

    /** What identifies the attempt within this worker; evaluations count their groups by themselves. */
    record Key(GroupKind kind, long groupIndex, long attempt) {}

    Key key() {
        return new Key(kind(), task.groupIndex().value(), task.attempt().value());
    }
}
