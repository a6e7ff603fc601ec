package io.millrace.trainer.loop;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.session.Failures;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.wire.PackedGroup;
import io.millrace.trainer.ask.Current;
import io.millrace.trainer.ask.LeaseAnswer;
import io.millrace.trainer.ask.Request;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.batch.BatchSource;
import io.millrace.trainer.session.BrokerWatch;
import io.millrace.trainer.session.Session;
import io.millrace.trainer.session.SessionOpener;
import io.millrace.trainer.session.TrainerMetrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A request that was under way when its session was lost is handled again by the next: every request is idempotent, so
 * one whose write did stand gets the answer that it would have got.
 */

/**
 * The one owner of the session: results consumer, collector, step ledger, step writer. Other threads hand it requests,
 * which wake its poll, so a step whose groups are there is leased at once. What it tells anyone is durable. While no
 * broker answers it waits and says so; a newer trainer consumer, contradictions on the topics and settings that do not
 * fit end it.
 */
public final class TrainerLoop implements SessionLoop.Work<Session> {
    private static final Logger log = LoggerFactory.getLogger(TrainerLoop.class);
    /** Of its thread and of its part of the health report. */
    public static final String NAME = "trainer-loop";

    /** Requests waiting to be seen, and callers waiting for a step; a trainer needs one. */
    private static final int REQUESTS_MAX = 256;

    private static final Duration POLL_MAX = Duration.ofMillis(500);
    private static final String BROKER = "the broker to answer";

    /** While the broker is away. */
    private static final Duration SAY_EVERY = Duration.ofSeconds(10);

    private final RunId run;
    private final SessionOpener opener;
    private final TrainerMetrics metrics;
    private final Health health;
    private final WallClock clock;
    private final Ticker ticker;

    private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(REQUESTS_MAX);
    /** A request whose handling failed; handled first by the next session. */
    private final Deque<Request> unanswered = new ArrayDeque<>();

    private final List<Request.Lease> waiters = new ArrayList<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private volatile boolean ended;
    /** What there is to wait for while no session is open. */
    private volatile String awaited = BROKER;
    /** What callers are told of the end; null when the log says more. */
    private volatile @Nullable String endedBy;

    private final SessionLoop<Session> sessions;
    /** Before the first session. */
    private final EverySoOften lines;

    private final Standby standby;

    private @Nullable StartResume startResume;
    private final Standing standing;
    private final Leasing leasing;
    private final Announcing announcing;
    private final Answers answers;

    /**
     * @param updateLimit of one weight update or pause; past it people are warned
     * @param standsBy whether it stays when a newer trainer consumer takes the run, which it does not take back; else it
     *     ends
     * @param startResume the checkpoint to go back to before anything is served; null for none
     */
    public TrainerLoop(
            RunId run,
            int batchGroups,
            Duration updateLimit,
            SessionOpener opener,
            @Nullable StartResume startResume,
            boolean standsBy,
            TrainerMetrics metrics,
            Health health,
            WallClock clock,
            Ticker ticker) {
        this.run = run;
        this.opener = opener;
        this.startResume = startResume;
        this.metrics = metrics;
        this.health = health;
        this.clock = clock;
        this.ticker = ticker;
        this.sessions = new SessionLoop<>(this, "the topics", ticker);
        this.lines = new EverySoOften(SAY_EVERY, ticker);
        this.standby = new Standby(standsBy, ticker);
        this.standing = new Standing(batchGroups, metrics, clock);
        this.leasing = new Leasing(standing, metrics, clock, ticker);
        this.announcing = new Announcing(updateLimit, clock, ticker);
        this.answers = new Answers(metrics, clock);
        health.starting(NAME);
        health.watched(NAME);
    }

    /**
     * Hands in a request; any thread.
     *
     * @throws RolloutQueueException when too many wait or the loop has ended
     */
    public void submit(Request request) {
        if (!ended && !requests.offer(request)) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.BUSY, REQUESTS_MAX + " requests are waiting already; ask again");
        }
        if (ended) {
            // Also when the loop ended after the offer: nobody would see the request then.
            throw endedException();
        }
        sessions.nudge();
    }

    /** What an owner's thread turns. */
    public OwnerLoop.Turn turns() {
        return sessions;
    }

    /** Why requests are not answered now; null while they are. Any thread. */
    @Nullable
    public String unavailable() {
        String why = standby.fenced() == null ? awaited : standby.awaited();
        return sessions.isOpen() ? null : why;
    }

    /** Done when the run was taken for the first time; fails when the loop ends before. */
    public CompletableFuture<Void> opened() {
        return opened;
    }

    @Override
    public @Nullable Session make() throws Exception {
        if (standby.fenced() != null) {
            standby.wait(health);
            return null;
        }
        return awaitBroker() && awaitRun() ? opener.open() : null;
    }

    @Override
    public boolean standsBy(FencedException newer) {
        return standby.begins(newer);
    }

    /** Who has the run while this trainer consumer stands by; null while it does not. Any thread. */
    public @Nullable FencedException fenced() {
        return standby.fenced();
    }

    /** The producer makes the run. */
    private boolean awaitRun() throws Exception {
        while (!sessions.isStopping()) {
            String missing = opener.waitsFor().orElse(null);
            if (missing == null) {
                return true;
            }
            awaited = missing;
            health.starting(NAME, missing);
            if (lines.isDue()) {
                log.warn("waits for {}", missing);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MAX.toMillis());
        }
        return false;
    }

    @Override
    public void opened(Session fresh) throws Exception {
        if (startResume != null) {
            startResume.apply(fresh, clock.millis());
            startResume = null;
        }
        opened.complete(null);
        awaited = BROKER;
    }

    /** Waits in small steps, since the calls that open a session cannot be ended from outside. */
    private boolean awaitBroker() throws Exception {
        KafkaFuture<String> answer = BrokerWatch.ask(opener.admin());
        while (!sessions.isStopping()) {
            try {
                var _ = answer.get(POLL_MAX.toMillis(), TimeUnit.MILLISECONDS);
                return true;
            } catch (java.util.concurrent.TimeoutException e) {
                away();
                if (!opened.isDone() && lines.isDue()) {
                    log.warn("waits for a broker at {}", opener.bootstrap());
                }
            }
        }
        return false;
    }

    @Override
    public Exception end(Exception cause) {
        Exception end = opener.refusals().apply(cause) instanceof SettingException refused ? refused : cause;
        endedBy = end instanceof NoUseException || end instanceof SettingException ? end.getMessage() : null;
        return end;
    }

    @Override
    public void lost(Exception cause) {
        metrics.count(TrainerMetrics.Count.SESSION_LOST);
        if (TruncatedLogException.isCauseOf(cause)) {
            metrics.count(TrainerMetrics.Count.TRUNCATED);
        }
        away();
    }

    /** Before the run was ever taken it is the start that waits. */
    private void away() {
        if (opened.isDone()) {
            health.blocked(NAME, BROKER);
        } else {
            health.starting(NAME, BROKER);
        }
    }

    /**
     * Answers what was asked; collects what has arrived and writes what that settles; leases the next step to whom waits
     * for it; tells those whose wait is over how far it is.
     */
    @Override
    public void turn(Session current) throws Exception {
        for (Request request = next(); request != null; request = next()) {
            try {
                if (!request.answer().isDone()) {
                    handle(current, request);
                }
            } catch (RolloutQueueException refused) {
                request.answer().completeExceptionally(refused);
            } catch (Exception e) {
                if (Failures.isPassing(e)) {
                    unanswered.addFirst(request);
                } else {
                    request.answer().completeExceptionally(endedException());
                }
                throw e;
            }
        }
        serveWaiters(current);
        current.turn(pollLimit());
        serveWaiters(current);
        standing.report(current, health);
        announcing.report(current, health);
        leasing.report();
        leasing.endWhenNoUse(current);
    }

    private @Nullable Request next() {
        return unanswered.isEmpty() ? requests.poll() : unanswered.pollFirst();
    }

    private Duration pollLimit() {
        long nanos = POLL_MAX.toNanos();
        for (Request.Lease waiter : waiters) {
            nanos = Math.min(nanos, waiter.deadlineNanos() - ticker.nanos());
        }
        return Duration.ofNanos(Math.max(0, nanos));
    }

    private void handle(Session current, Request request) throws Exception {
        switch (request) {
            case Request.Lease lease -> wait(lease);
            case Request.Acknowledge ack -> ack.answer().complete(answers.acknowledge(current, ack));
            case Request.Resume resume -> resume.answer().complete(answers.resume(current, resume));
            case Request.Weights weights ->
                weights.answer().complete(announcing.answer(current, weights.announcement()));
            case Request.Batch batch -> batch(current, batch);
            case Request.Unreadable gone -> unreadable(current, gone);
            case Request.Status status ->
                status.answer()
                        .complete(standing.status(
                                run, current, announcing.warning(current).orElse(null)));
        }
    }

    private void wait(Request.Lease lease) {
        if (waiters.size() >= REQUESTS_MAX) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.BUSY, REQUESTS_MAX + " callers wait for a step already; ask again");
        }
        waiters.add(lease);
        leasing.asked();
    }

    /** Every waiter gets its answer or goes on waiting. */
    private void serveWaiters(Session current) {
        waiters.removeIf(waiter -> {
            try {
                LeaseAnswer answer = waiter.answer().isDone() ? null : leasing.lease(current, waiter);
                if (answer != null) {
                    waiter.answer().complete(answer);
                }
            } catch (RolloutQueueException refused) {
                waiter.answer().completeExceptionally(refused);
            }
            return waiter.answer().isDone();
        });
    }

    private static void batch(Session current, Request.Batch request) {
        StepRecord.Lease open = current.ledger().openLeases().of(request.lease().step());
        if (open == null || !open.token().equals(request.lease())) {
            throw Answers.refused(current, current.ledger().whyNotOpen(request.lease()));
        }
        Map<GroupIndex, PackedGroup> contents = new HashMap<>();
        for (ManifestEntry entry : open.groups()) {
            PackedGroup content = current.collector().payload(entry);
            if (content != null) {
                contents.put(entry.groupIndex(), content);
            }
        }
        request.answer().complete(new BatchSource(open, contents));
    }

    /**
     * Groups of an open step cannot be read back, so its lease is void. The session ends with it: what was passed over
     * for one of those groups is read again by the next, and may win.
     */
    private void unreadable(Session current, Request.Unreadable request) {
        StepNumber step = request.lease().step();
        if (!request.lease().equals(current.ledger().openLeases().of(step))) {
            throw RolloutQueueException.leasedAnew(
                    "step " + step + " is no longer leased as it was; lease it again", Current.of(current.ledger()));
        }
        String gone =
                request.gone().size() + " of the " + request.lease().groups().size() + " groups of step " + step
                        + " cannot be read back any more, first group "
                        + request.gone().getFirst().groupIndex();
        if (current.ledger().isReplayed(step)) {
            throw Answers.refused(
                    current,
                    gone + ": the recorded step cannot be replayed; resume at step " + step + " with mode fresh");
        }
        current.voidLease(step, request.gone(), gone);
        metrics.count(TrainerMetrics.Count.LEASE_VOID);
        String why = gone + ": step " + step + " is leased anew, with other groups; lease it again";
        request.answer().completeExceptionally(RolloutQueueException.leasedAnew(why, Current.of(current.ledger())));
        throw new LeaseVoidException(why);
    }

    /** Everyone who waits is told. */
    @Override
    public void ended() {
        ended = true;
        opened.completeExceptionally(endedException());
        waiters.forEach(waiter -> waiter.answer().completeExceptionally(endedException()));
        for (Request request = next(); request != null; request = next()) {
            request.answer().completeExceptionally(endedException());
        }
    }

    private RolloutQueueException endedException() {
        String why = endedBy;
        return new RolloutQueueException(
                RolloutQueueException.Kind.ENDED,
                why == null
                        ? "the trainer consumer is stopping or has failed; see its log"
                        : "the trainer consumer has ended: " + why);
    }
}
