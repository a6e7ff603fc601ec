package io.millrace.worker.score;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.reward.GroupReward;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardFunction;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.reward.Rewards;
import io.millrace.common.rollout.Reward;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs scores with a deadline, a limit on how many run at once, and a limit on how many may hang.
 *
 * <p>A Java thread cannot be ended from outside. A score that passes its deadline is interrupted and left to itself: its
 * place goes back to others, its thread counts as stuck until it ends. While {@code stuckMax} or more are stuck, and are
 * after a moment too, nothing new is started and every score fails with {@link RewardFailure#STUCK}: a visible failure instead of a machine that
 * slowly fills with hanging threads. There are therefore never more than {@code concurrentMax + stuckMax - 1} scores in
 * threads. The threads are platform threads, since a computation that hangs on a virtual thread would keep a carrier
 * from everyone, and daemons, so that they do not hold up the end of the process.
 *
 * <p>Safe for all threads; the caller waits, so it is best a virtual thread.
 */
public final class RewardScorer implements AutoCloseable {
    /**
     * @param concurrentMax scores that run at once, 1 or more
     * @param stuckMax scores past their deadline that may still run, 1 or more
     * @param deadline for one score, from when it is started
     * @param queueWaitMax how long a score may wait for a place to run
     */
    public record Limits(int concurrentMax, int stuckMax, Duration deadline, Duration queueWaitMax) {}

    /** What runs within the limits. */
    @FunctionalInterface
    interface Work<T> {
        T judge() throws RewardException;
    }

    /** In which a score that was interrupted is expected to end: an outside judge is killed meanwhile. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final RewardFunction function;
    private final Limits limits;
    private final Semaphore places;
    private final Timer scores;
    private final AtomicInteger stuck = new AtomicInteger();
    private final ExecutorService executor = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("reward-", 0).factory());

    /**
     * @param function usually {@link Rewards}
     * @param registry gets gauges of the scores that run and of those that hang
     */
    public RewardScorer(RewardFunction function, Limits limits, MeterRegistry registry) {
        this.function = Objects.requireNonNull(function, "function");
        this.limits = Objects.requireNonNull(limits, "limits");
        this.places = new Semaphore(limits.concurrentMax(), true);
        this.scores = WorkerMetric.SCORE.timer(registry);
        WorkerMetric.SCORES_RUNNING.gauge(registry, this, RewardScorer::runningCount);
        WorkerMetric.SCORES_STUCK.gauge(registry, this, RewardScorer::stuckCount);
    }

    /**
     * Scores one sample and waits for the answer, at most both waits of the limits together. An {@link Error} that the
     * function throws comes through, except the overflow of its own stack.
     *
     * @throws RewardException when there is no reward
     * @throws InterruptedException when the caller is interrupted; the score is then left behind as at its deadline
     */
    public Reward score(RewardRequest request) throws RewardException, InterruptedException {
        return run(() -> List.of(function.score(request))).getFirst();
    }

    /** What judges the samples of a group at once; empty when each is scored alone. */
    public Optional<GroupReward> ofGroups(ObjectNode metadata) throws RewardException {
        return function.ofGroups(metadata);
    }

    /**
     * Scores the samples of a group, as one score.
     *
     * @return one for each sample, in their order
     */
    public List<Reward> scoreGroup(GroupReward reward, List<RewardRequest> samples)
            throws RewardException, InterruptedException {
        List<Reward> rewards = run(() -> reward.scoreGroup(samples));
        if (rewards.size() != samples.size()) {
            throw new RewardException(
                    RewardFailure.BROKEN,
                    "the reward function gave " + rewards.size() + " rewards to " + samples.size() + " samples");
        }
        return rewards;
    }

    private <T> T run(Work<T> work) throws RewardException, InterruptedException {
        if (!places.tryAcquire(limits.queueWaitMax().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new RewardException(
                    RewardFailure.BUSY,
                    "no place to run in " + limits.queueWaitMax() + ", all " + limits.concurrentMax() + " are taken");
        }
        int hanging;
        try {
            hanging = awaitFewerStuck();
        } catch (InterruptedException e) {
            places.release();
            throw e;
        }
        if (hanging >= limits.stuckMax()) {
            places.release();
            throw new RewardException(
                    RewardFailure.STUCK,
                    hanging + " scores hang past their deadline of " + limits.deadline() + ", the limit is "
                            + limits.stuckMax());
        }
        Run<T> run = new Run<>(work);
        try {
            executor.execute(run);
        } catch (RejectedExecutionException e) {
            places.release();
            throw new RewardException(RewardFailure.CLOSED, "the reward scorer is closed");
        }
        return run.await();
    }

    /**
     * Those that heed their interrupt end soon, and shall cost nobody else.
     *
     * @return how many are stuck
     */
    private int awaitFewerStuck() throws InterruptedException {
        long waitNanos = Math.min(GRACE.toNanos(), limits.queueWaitMax().toNanos());
        long beganNanos = System.nanoTime();
        synchronized (stuck) {
            for (long left = waitNanos; stuck.get() >= limits.stuckMax() && left > 0; ) {
                TimeUnit.NANOSECONDS.timedWait(stuck, left);
                left = waitNanos - (System.nanoTime() - beganNanos);
            }
        }
        return stuck.get();
    }

    /** Scores past their deadline that still run. */
    public int stuckCount() {
        return stuck.get();
    }

    /** Places taken by scores within their deadline. */
    public int runningCount() {
        return limits.concurrentMax() - places.availablePermits();
    }

    /** Refuses further scores and interrupts the running ones; does not wait for them. */
    @Override
    public void close() {
        executor.shutdownNow();
    }

    /**
     * One score. It holds a place until it ends or is left behind, whichever comes first; its lock decides which, so
     * that place and stuck count are given back exactly once and no interrupt reaches the thread's next score.
     */
    private final class Run<T> implements Runnable {
        private enum State {
            RUNNING,
            LEFT_BEHIND,
            ENDED
        }

        private final Work<T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private State state = State.RUNNING;
        private @Nullable Thread thread;

        Run(Work<T> work) {
            this.work = work;
        }

        @Override
        public void run() {
            begin();
            try {
                T scored = judge();
                end();
                result.complete(scored);
            } catch (RewardException | Error e) {
                end();
                result.completeExceptionally(e);
            }
        }

        private T judge() throws RewardException {
            long beganNanos = System.nanoTime();
            try {
                return work.judge();
            } catch (RuntimeException | StackOverflowError e) {
                throw new RewardException(RewardFailure.BROKEN, "the reward function threw " + e);
            } finally {
                scores.record(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
            }
        }

        T await() throws RewardException, InterruptedException {
            try {
                return result.get(limits.deadline().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                leaveBehind();
                throw new RewardException(RewardFailure.TIMED_OUT, "no reward within " + limits.deadline());
            } catch (InterruptedException e) {
                leaveBehind();
                throw e;
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case RewardException why -> throw why;
                    case Error error -> throw error;
                    case null, default -> throw new IllegalStateException("a score ended in a way it cannot", e);
                }
            }
        }

        private synchronized void begin() {
            if (state == State.RUNNING) {
                thread = Thread.currentThread();
            } else {
                Thread.currentThread().interrupt();
            }
        }

        private synchronized void leaveBehind() {
            if (state == State.ENDED) {
                return;
            }
            state = State.LEFT_BEHIND;
            stuck.incrementAndGet();
            places.release();
            if (thread != null) {
                thread.interrupt();
            }
        }

        private synchronized void end() {
            if (state == State.LEFT_BEHIND) {
                synchronized (stuck) {
                    stuck.decrementAndGet();
                    stuck.notifyAll();
                }
            } else {
                places.release();
            }
            state = State.ENDED;
            thread = null;
        }
    }
}
