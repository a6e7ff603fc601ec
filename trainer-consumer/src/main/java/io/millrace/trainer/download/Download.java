package io.millrace.trainer.download;

import io.millrace.common.id.StepNumber;

/** One batch on its way to one reader. Guarded by its {@link DownloadTable}'s owner. */
final class Download {
    /** Where it stands; each leads to the next, and every one but the first may be left out. */
    enum State {
        /** Its batch is read and encoded. */
        MAKING,
        /** The reader takes it. */
        SENDING,
        /** Its reader is gone or has been sent away; nothing is written any more. */
        ENDED
    }

    private final StepNumber step;
    private final long begunNanos;
    private State state = State.MAKING;
    private long progressNanos;
    private long heldBytes;

    Download(StepNumber step, long nowNanos) {
        this.step = step;
        this.begunNanos = nowNanos;
        this.progressNanos = nowNanos;
    }

    StepNumber step() {
        return step;
    }

    State state() {
        return state;
    }

    void move(State next) {
        if (next.compareTo(state) <= 0) {
            throw new IllegalStateException("a download does not go from " + state + " to " + next);
        }
        state = next;
    }

    long begunNanos() {
        return begunNanos;
    }

    /** Memory of its batch. */
    long heldBytes() {
        return heldBytes;
    }

    void held(long bytes) {
        heldBytes = bytes;
    }

    void progressed(long nowNanos) {
        progressNanos = nowNanos;
    }

    /** Since its reader took something; 0 while the reader is not waited for. */
    long stillNanos(long nowNanos) {
        return state == State.SENDING ? nowNanos - progressNanos : 0;
    }
}
