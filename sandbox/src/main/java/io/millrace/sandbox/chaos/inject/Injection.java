package io.millrace.sandbox.chaos.inject;

import io.millrace.sandbox.chaos.fleet.TrainerWatch;
import io.millrace.sandbox.chaos.spec.Fault;
import org.jspecify.annotations.Nullable;

/**
 * A fault that was done, and what came of it. Owned by the run.
 */
public final class Injection {
    /** Whether a fault has done anything to the run. */
    public enum Effect {
        /** What it waits for has not come yet. */
        OPEN,
        DONE,
        /** It met nothing that it could break, so it is no fault and is done again. */
        NONE
    }

    public final Fault fault;
    public final long beganMs;
    final long beganNanos;
    /** How often the target had been started; a termination is over when that grows. */
    final int startsBefore;

    /** That of most kinds is certain: a process that is there is hit. */
    public Effect effect = Effect.DONE;

    /** Why it had none; empty else. */
    public String why = "";

    /** When it was undone, or the killed process was gone; 0 before. */
    public long endedMs;

    /** 0 before. */
    public long recoveredMs;

    /** What lasts until the run has recovered from it; null where nothing does. */
    @Nullable
    public StalledReaders held;

    /** What the trainer had received when it was killed; null but for a zombie. */
    TrainerWatch.@Nullable Received past;

    /** What must be refused before it is over; null where nothing is asked. */
    @Nullable
    RefusedCalls calls;

    Injection(Fault fault, long beganMs, long beganNanos, int startsBefore) {
        this.fault = fault;
        this.beganMs = beganMs;
        this.beganNanos = beganNanos;
        this.startsBefore = startsBefore;
    }

    public boolean ended() {
        return endedMs > 0;
    }

    /** From the end of the fault to the recovery; milliseconds. */
    public long recoveryMs() {
        return recoveredMs - endedMs;
    }
}
