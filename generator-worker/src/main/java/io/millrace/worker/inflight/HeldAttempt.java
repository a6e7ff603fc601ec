package io.millrace.worker.inflight;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.topics.Lane;
import io.millrace.common.trace.TraceContext;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.EarlyEnd;
import java.util.function.Consumer;
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

    /** The trace that its task came with; null for none. */
    public @Nullable TraceContext trace() {
        return state.trace();
    }

    /** What the state says, for as long as nothing changes it. */
    public synchronized <T> T get(Function<AttemptState, T> question) {
        return question.apply(state);
    }

    /** Changes the state in a step that touches no thread. */
    public synchronized void update(Consumer<AttemptState> step) {
        step.accept(state);
    }

    /** Where the group stands as it was before this attempt; null when nothing does. */
    public synchronized @Nullable PartialRef partial() {
        return state.partial();
    }

    /** The prompt's token ids; null when the prompt goes to the engine as text. */
    public synchronized int @Nullable [] promptIds() {
        return state.promptIds();
    }

    /** Why the attempt ended early; null when it did not. */
    public synchronized @Nullable EarlyEnd earlyEnd() {
        return state.earlyEnd();
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
     * The calling thread is about to wait for an engine; {@link AttemptState#answered} follows.
     *
     * @throws InterruptedException when the attempt has ended
     */
    public synchronized void ask(int sample) throws InterruptedException {
        if (!state.ask(sample)) {
            throw new InterruptedException("the attempt has ended");
        }
    }

    /** @throws InterruptedException when the attempt has ended */
    public synchronized void checkGoesOn() throws InterruptedException {
        if (state.earlyEnd() != null) {
            throw new InterruptedException("the attempt has ended");
        }
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
}
