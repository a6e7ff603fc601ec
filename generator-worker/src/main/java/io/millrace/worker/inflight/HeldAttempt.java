package io.millrace.worker.inflight;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord.HeldGroup;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.topics.Lane;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.EarlyEnd;
import io.millrace.worker.attempt.Sample;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The owner of an {@link AttemptState}: guards it, and knows the threads that work for it, so that an early end reaches
 * them. Thread-safe. Interrupts reach only threads between begin and end.
 */
public final class HeldAttempt {
    private final AttemptState state;
    private final @Nullable Thread[] running;
    private @Nullable Thread preparing;

    /** @param state not to be used by others any more */
    public HeldAttempt(AttemptState state) {
        this.state = state;
        this.running = new @Nullable Thread[state.task().samples()];
    }

    public TrainingTask task() {
        return state.task();
    }

    public Lane lane() {
        return state.lane();
    }

    /** The moment of its claim, by the monotonic clock. */
    public long claimedNanos() {
        return state.claimedNanos();
    }

    /** When it must have ended, by the monotonic clock; {@link Long#MAX_VALUE} where the task sets no limit. */
    public long deadlineNanos() {
        return state.deadlineNanos();
    }

    /**
     * The group is made ready on the calling thread, before any sample begins; {@link #prepared} follows.
     *
     * @return false when the attempt has ended already
     */
    public synchronized boolean prepare() {
        preparing = Thread.currentThread();
        return state.earlyEnd() == null;
    }

    /**
     * It is ready, or never will be. The thread's interrupt flag is cleared: an interrupt was meant for the preparation.
     *
     * @return whether the attempt has ended meanwhile: then no sample may be offered, and the caller closes the group
     */
    public synchronized boolean prepared() {
        preparing = null;
        Thread.interrupted();
        return state.prepared();
    }

    /** @throws IllegalArgumentException when it is not what the task's reference names */
    public synchronized void restore(RolloutGroup written) {
        state.restore(written);
    }

    /** What it should go on with is lost; it begins anew. */
    public synchronized void notRestored() {
        state.notRestored();
    }

    /** Where the group stands as it was before this attempt; null when nothing does. */
    public synchronized @Nullable PartialRef partial() {
        return state.partial();
    }

    /** The engine's token ids of the prompt are known; before any sample begins. */
    public synchronized void tokenized(int[] ids) {
        state.tokenized(ids);
    }

    /** The prompt's token ids; null when the prompt goes to the engine as text. */
    public synchronized int @Nullable [] promptIds() {
        return state.promptIds();
    }

    /** What there is of a sample, for the thread that has begun it. */
    public synchronized Sample sample(int sample) {
        return state.sample(sample);
    }

    /**
     * A sample starts on the calling thread.
     *
     * @return false when it must not run, only be ended
     */
    public synchronized boolean begin(int sample) {
        if (!state.begin(sample)) {
            return false;
        }
        running[sample] = Thread.currentThread();
        return true;
    }

    /**
     * The calling thread is about to wait for an engine; {@link #answered} follows.
     *
     * @throws InterruptedException when the attempt has ended
     */
    public synchronized void ask(int sample) throws InterruptedException {
        if (!state.ask(sample)) {
            throw new InterruptedException("the attempt has ended");
        }
    }

    public synchronized void answered(int sample) {
        state.answered(sample);
    }

    /** @throws InterruptedException when the attempt has ended */
    public synchronized void checkGoesOn() throws InterruptedException {
        if (state.earlyEnd() != null) {
            throw new InterruptedException("the attempt has ended");
        }
    }

    /** A sample's generation is through, and it has been judged. */
    public synchronized void score(int sample, Reward reward, double scoringSeconds) {
        state.score(sample, reward, scoringSeconds);
    }

    /** A sample was interrupted though the attempt has not ended: the process ends, the group is left to the ledger. */
    public synchronized void cutOff() {
        state.cutOff();
    }

    /**
     * Generation of so many samples has ended, their slots are free.
     *
     * @return whether those were the group's last: from now on it waits for scoring and publication only
     */
    public synchronized boolean generated(int count) {
        return state.generated(count);
    }

    /**
     * A sample is through. The calling thread's interrupt flag is cleared: an interrupt was meant for the sample only.
     *
     * @return whether it was the last of a group that was not cut off: the caller closes the group
     */
    public synchronized boolean end(int sample) {
        running[sample] = null;
        // The flag may have come up after the sample had already succeeded.
        Thread.interrupted();
        return state.end();
    }

    /**
     * Samples that never got a slot are taken off.
     *
     * @return whether no other sample runs either: the caller closes the group
     */
    public synchronized boolean skip(int count) {
        return state.skip(count);
    }

    /**
     * The attempt ends early: what runs for it on other threads is interrupted, but for threads that wait for an engine
     * when the group is given back with what there is of it.
     *
     * @return whether this was the first reason, which counts
     */
    public synchronized boolean endEarly(EarlyEnd why) {
        if (!state.endEarly(why)) {
            return false;
        }
        interrupt(preparing);
        for (int sample = 0; sample < running.length; sample++) {
            if (!state.awaitsAnswer(sample)) {
                interrupt(running[sample]);
            }
        }
        return true;
    }

    /** Interrupts whatever still runs of an attempt that has ended. */
    public synchronized void interruptRunning() {
        if (state.earlyEnd() != null) {
            for (Thread thread : running) {
                interrupt(thread);
            }
        }
    }

    private static void interrupt(@Nullable Thread thread) {
        if (thread != null && thread != Thread.currentThread()) {
            thread.interrupt();
        }
    }

    /** Why the attempt ended early; null when it did not. */
    public synchronized @Nullable EarlyEnd earlyEnd() {
        return state.earlyEnd();
    }

    /** Whether the group is given back with what has been generated of it. */
    public synchronized boolean isGivenBack() {
        return state.isGivenBack();
    }

    /** How the status record shows it. */
    synchronized HeldGroup held() {
        return state.held();
    }

    /** What is made of it by whoever closes it, when nothing runs any more. */
    public synchronized <T> T closed(Function<AttemptState, T> close) {
        return close.apply(state);
    }
}
