package io.millrace.trainer.observe.follow;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.StepRecord;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.observe.History;
import io.millrace.trainer.observe.RunFold;
import io.millrace.trainer.observe.RunView;
import io.millrace.trainer.observe.Series;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a run for people who look at it, with a consumer of its own, and gives a view every second. It writes nothing,
 * and its failure is no failure of the process it runs in: {@link #failure} says so, and the last view stays. Thread-safe.
 */
public final class RunFollower {
    /** The loop's name. */
    public static final String NAME = "observer";

    private static final Logger log = LoggerFactory.getLogger(RunFollower.class);
    private static final long SAMPLE_NANOS = Duration.ofSeconds(1).toNanos();

    /**
     * What the trainer consumer waits for, which is on no topic.
     *
     * @param forMs how long it has
     */
    public record Told(String waitingFor, long forMs) {}

    /**
     * A view with its number.
     *
     * @param number rises with each
     * @param quietMs how long nothing was read of the run, by this process's monotonic clock
     */
    public record Numbered(long number, long quietMs, RunView view) {}

    private final RunTopics topics;
    private final KafkaClients clients;
    private final String clientId;
    private final Admin admin;
    private final Duration limit;
    private final Ticker ticker;
    private final Supplier<Optional<Told>> told;
    private final History history = new History();
    private final Object foldLock = new Object();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final OwnerLoop owner;
    private RunFold fold;
    private long sampledNanos;
    private long newestMs;
    private long heardNanos;
    private @Nullable Numbered newest;
    private @Nullable String failure;
    private boolean ended;

    private RunFollower(
            RunId run,
            KafkaClients clients,
            String clientId,
            Admin admin,
            Duration limit,
            Ticker ticker,
            Supplier<Optional<Told>> told) {
        this.topics = new RunTopics(run);
        this.clients = clients;
        this.clientId = clientId;
        this.admin = admin;
        this.limit = limit;
        this.ticker = ticker;
        this.told = told;
        this.fold = new RunFold(run, history);
        this.heardNanos = ticker.nanos();
        this.owner =
                new OwnerLoop(NAME, new SessionLoop<>(new Work(), "the topics for the page", ticker), this::failed);
    }

    /**
     * Starts following; the first view comes when what stands on the topics is read.
     *
     * @param admin not owned
     * @param limit for an answer of the broker
     * @param told asked once a second by the follower's thread; empty where nobody knows
     */
    public static RunFollower start(
            RunId run,
            KafkaClients clients,
            String clientId,
            Admin admin,
            Duration limit,
            Ticker ticker,
            Supplier<Optional<Told>> told) {
        RunFollower follower = new RunFollower(run, clients, clientId, admin, limit, ticker, told);
        follower.owner.start();
        return follower;
    }

    private final class Work implements SessionLoop.Work<ObserveSession> {
        @Override
        public @Nullable ObserveSession make() throws Exception {
            if (!topicsAreThere()) {
                // Whoever makes them has not come yet.
                Thread.sleep(Duration.ofMillis(500));
                return null;
            }
            synchronized (foldLock) {
                fold = new RunFold(topics.run(), history);
            }
            return new ObserveSession(
                    topics,
                    new TopicTail(clients.follower(clientId)),
                    new LaneClaims(admin, topics, ticker),
                    limit,
                    fold,
                    foldLock);
        }

        @Override
        public void turn(ObserveSession session) throws Exception {
            session.turn();
            if (ticker.nanos() - sampledNanos >= SAMPLE_NANOS || newest == null) {
                sampledNanos = ticker.nanos();
                sample();
            }
        }

        @Override
        public void lost(Exception cause) {
            log.debug("the run is read again", cause);
        }

        @Override
        public void ended() {
            lock.lock();
            try {
                ended = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean topicsAreThere() throws Exception {
        try {
            Set<String> names = admin.listTopics().names().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return names.containsAll(Starts.topics(topics));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : e;
        }
    }

    private void sample() {
        Optional<Told> says = told.get();
        RunView view;
        synchronized (foldLock) {
            fold.told(
                    says.map(Told::waitingFor).orElse(null),
                    says.map(Told::forMs).orElse(0L));
            view = fold.sample();
        }
        lock.lock();
        try {
            if (view.nowMs() > newestMs) {
                newestMs = view.nowMs();
                heardNanos = ticker.nanos();
            }
            long number = newest == null ? 1 : newest.number() + 1;
            newest = new Numbered(number, (ticker.nanos() - heardNanos) / 1_000_000, view);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(String who, Throwable cause) {
        log.error("the observer has failed: what people see of the run stands still, the run goes on", cause);
        lock.lock();
        try {
            failure = String.valueOf(cause);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Why nothing new is seen any more; null while it is. */
    public @Nullable String failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Whether no view comes any more. */
    public boolean isEnded() {
        lock.lock();
        try {
            return ended || failure != null;
        } finally {
            lock.unlock();
        }
    }

    /** The newest view; empty before the first. */
    public Optional<Numbered> newest() {
        lock.lock();
        try {
            return Optional.ofNullable(newest);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a view after this one.
     *
     * @param number of the last one seen; 0 for none
     * @return empty when none has come within the limit, or none will
     */
    public Optional<Numbered> after(long number, Duration wait) throws InterruptedException {
        lock.lock();
        try {
            long left = wait.toNanos();
            while ((newest == null || newest.number() <= number) && !ended && failure == null && left > 0) {
                left = changed.awaitNanos(left);
            }
            Numbered found = newest;
            return found == null || found.number() <= number ? Optional.empty() : Optional.of(found);
        } finally {
            lock.unlock();
        }
    }

    /** Groups by where they stand, slots and rates, over the broker's time. */
    public Series.Points flow(int tier) {
        synchronized (foldLock) {
            return history.flow().points(tier);
        }
    }

    /** Rewards, lengths and durations of finished groups, over the broker's time. */
    public Series.Points groups(int tier) {
        synchronized (foldLock) {
            return history.groups().points(tier);
        }
    }

    /** Figures of steps, by their numbers. */
    public Series.Points steps(int tier) {
        synchronized (foldLock) {
            return fold.stepSeries().points(tier);
        }
    }

    /** Groups of a step that is listed, as long as they are kept. */
    public List<RunView.Member> members(Lineage lineage, StepNumber step) {
        synchronized (foldLock) {
            return fold.members(lineage, step);
        }
    }

    /** Where the result of a training group stands; empty where that is not known. */
    public Optional<StepRecord.ManifestEntry> place(GroupIndex index, @Nullable Attempt attempt) {
        synchronized (foldLock) {
            return fold.place(index, attempt);
        }
    }

    /** Ends it. */
    public void stop(Duration stopLimit) throws InterruptedException {
        owner.stop(stopLimit);
    }
}
