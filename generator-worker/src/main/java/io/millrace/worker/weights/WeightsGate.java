package io.millrace.worker.weights;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Policy.State;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Holds generation while the trainer updates the weights or has paused the run; for a limited time, after which
 * generation goes on, since a trainer that never says {@code ready} must not end the run.
 *
 * <p>Thread-safe; one lock guards the newest policy and when its state was first heard of. The time counts from the
 * arrival here, not from the record's own clock.
 */
public final class WeightsGate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Duration limit;
    private final Ticker ticker;
    private Policy policy = Policy.initial();
    /** The last one of the lineage before; the initial one where that is unknown. */
    private Policy before = Policy.initial();

    private long sinceNanos;

    /** @param limit how long one update or pause may hold generation */
    public WeightsGate(Duration limit, Ticker ticker) {
        this.limit = limit;
        this.ticker = ticker;
        this.sinceNanos = ticker.nanos();
    }

    /** The newest policy; one that repeats the state does not begin the time anew. */
    public void news(Policy newest) {
        lock.lock();
        try {
            boolean same = newest.state() == policy.state()
                    && newest.weightVersion().equals(policy.weightVersion())
                    && newest.lineage().equals(policy.lineage());
            if (!same) {
                sinceNanos = ticker.nanos();
            }
            before = newest.lineage().equals(policy.lineage()) ? before : policy;
            policy = newest;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private <T> T locked(Supplier<T> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }

    /** The newest policy. */
    public Policy policy() {
        return locked(() -> policy);
    }

    /**
     * The version that an engine's word means. One that would be ahead of the trainer, and is none by the count of the
     * lineage before, was said before the trainer began to count anew.
     *
     * @return none where it is no version
     */
    public OptionalLong version(long word) {
        return locked(() -> {
            OptionalLong now = policy.number(word);
            boolean ahead = now.isEmpty() || policy.isAhead(new WeightVersion(now.getAsLong()));
            if (ahead
                    && policy.words().confirmed()
                    && before.words().offset() != policy.words().offset()) {
                OptionalLong then = before.number(word);
                if (then.isPresent()
                        && then.getAsLong() <= policy.weightVersion().value()) {
                    return then;
                }
            }
            return now;
        });
    }

    /** Waits until a sample may start or be continued. */
    public void awaitReady() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (policy.state() != State.READY && leftNanos() > 0) {
                changed.await(leftNanos(), TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits while the run is paused, as whatever an update does not hold must. */
    public void awaitResumed() throws InterruptedException {
        awaitResumed(limit);
    }

    /**
     * Waits while the run is paused.
     *
     * @return whether it is not paused, or has been for longer than it may
     */
    public boolean awaitResumed(Duration patience) throws InterruptedException {
        long patienceNanos = patience.toNanos();
        lock.lockInterruptibly();
        try {
            while (isPaused() && patienceNanos > 0) {
                long turnNanos = Math.min(patienceNanos, leftNanos());
                patienceNanos -= turnNanos - Math.max(0, changed.awaitNanos(turnNanos));
            }
            return !isPaused();
        } finally {
            lock.unlock();
        }
    }

    private boolean isPaused() {
        return policy.state() == State.PAUSED && leftNanos() > 0;
    }

    private long leftNanos() {
        return limit.toNanos() - (ticker.nanos() - sinceNanos);
    }

    /** What generation waits for; empty when it does not wait. */
    public String holdReason() {
        return locked(() -> {
            if (policy.state() == State.READY || leftNanos() <= 0) {
                return "";
            }
            return policy.state() == State.PAUSED
                    ? "the trainer to resume the run"
                    : (policy.words().confirmed()
                            ? "weights newer than version " + policy.weightVersion()
                            : "the trainer to say ready in lineage " + policy.lineage());
        });
    }

    /** Whether an update or a pause has lasted longer than it may hold generation. */
    public boolean isOverdue() {
        return locked(() -> policy.state() != State.READY && leftNanos() <= 0);
    }
}
