package io.millrace.trainer.evaluate;

import io.millrace.trainer.evaluate.score.EvaluationStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the loop has read, for other threads. Thread-safe. */
final class EvaluationView {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile Map<String, EvaluationStatus> statuses = Map.of();
    private volatile boolean read;
    private volatile long skipped;

    /** @param newest in the order of their requests */
    void show(Iterable<EvaluationStatus> newest, long left) {
        Map<String, EvaluationStatus> byId = new LinkedHashMap<>();
        newest.forEach(status -> byId.put(status.request().evalId(), status));
        lock.lock();
        try {
            statuses = byId;
            read = true;
            skipped = left;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** By id, in the order of their requests; not to be changed. */
    Map<String, EvaluationStatus> statuses() {
        return statuses;
    }

    /** Whether the topics were read. */
    boolean isRead() {
        return read;
    }

    /** Evaluations that were due by themselves and were left out, since the process began. */
    long skipped() {
        return skipped;
    }

    /** Waits until an evaluation is known and stands so; as it is known, or null, when it is not within the limit. */
    @Nullable
    EvaluationStatus await(String evalId, Predicate<EvaluationStatus> so, Duration limit) throws InterruptedException {
        long leftNanos = limit.toNanos();
        lock.lock();
        try {
            EvaluationStatus status = statuses.get(evalId);
            while ((status == null || !so.test(status)) && leftNanos > 0) {
                leftNanos = changed.awaitNanos(leftNanos);
                status = statuses.get(evalId);
            }
            return status;
        } finally {
            lock.unlock();
        }
    }
}
