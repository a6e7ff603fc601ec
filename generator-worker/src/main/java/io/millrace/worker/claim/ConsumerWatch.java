package io.millrace.worker.claim;

import java.time.Duration;

/**
 * When a share consumer is to be built anew. Kafka's share consumer times its heartbeats, fetches and retries by the wall
 * clock: after a step back of an hour it does nothing for an hour and says nothing. The step itself is the certain sign:
 * the wall clock against the monotonic one between two looks, either way. What has no such sign is seen by its effect:
 * polls, while groups are wanted, without one answer of the broker. An idle consumer gets answers (empty fetches), so it is
 * left alone; while answers fail to come, each rebuild waits twice as long as the one before.
 *
 * <p>Pure; times are nanoseconds of the monotonic clock and milliseconds of the wall clock. One owner.
 */
final class ConsumerWatch {
    /** A clock that is set right by slewing moves less between two looks; Kafka's own limits bear it. */
    static final Duration STEP_MAX = Duration.ofSeconds(5);

    private static final int PATIENCE_MAX = 16;

    enum Verdict {
        WELL,
        /** The wall clock was set. */
        CLOCK_STEPPED,
        /** The broker has answered nothing for too long. */
        STALLED
    }

    private final long stallNanos;
    private long patience = 1;
    private boolean looked;
    private long lookNanos;
    private long lookWallMs;
    private boolean polling;
    private long progress;
    private long sinceNanos;

    /** @param stallLimit how long polls may bring no answer of the broker */
    ConsumerWatch(Duration stallLimit) {
        this.stallNanos = stallLimit.toNanos();
    }

    /** Each turn, whether groups are wanted or not. */
    Verdict look(long nowNanos, long wallMs) {
        boolean stepped =
                looked && Math.abs((wallMs - lookWallMs) - (nowNanos - lookNanos) / 1_000_000) > STEP_MAX.toMillis();
        looked = true;
        lookNanos = nowNanos;
        lookWallMs = wallMs;
        return stepped ? Verdict.CLOCK_STEPPED : Verdict.WELL;
    }

    /**
     * After each poll.
     *
     * @param answers of the broker to this consumer so far
     */
    Verdict polled(long answers, long nowNanos) {
        if (!polling || answers != progress) {
            if (polling) {
                patience = 1;
            }
            polling = true;
            progress = answers;
            sinceNanos = nowNanos;
            return Verdict.WELL;
        }
        return nowNanos - sinceNanos > stallNanos * patience ? Verdict.STALLED : Verdict.WELL;
    }

    /** Nothing is polled for now, or no answer can be expected: the broker is away. */
    void unwanted() {
        polling = false;
    }

    /** A new consumer, whose answers count from the start. */
    void rebuilt(Verdict why) {
        polling = false;
        if (why == Verdict.STALLED) {
            patience = Math.min(PATIENCE_MAX, patience * 2);
        }
    }
}
