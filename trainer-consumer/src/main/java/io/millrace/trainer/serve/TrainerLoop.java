package io.millrace.trainer.serve;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.trainer.batch.BatchChoice;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.Finished;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.LeaseDecision;
import io.millrace.trainer.steps.StepLedger;
import io.millrace.trainer.steps.StepWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one owner of the results consumer, the collector, the step ledger and the step writer. Other threads hand it
 * requests, which wake its poll, so a step whose groups are there is leased at once. What it tells anyone is durable;
 * what it cannot write ends it, since memory would then be ahead of the topic.
 */
public final class TrainerLoop implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(TrainerLoop.class);
    /** Of its thread and of its part of the health report. */
    public static final String NAME = "trainer-loop";

    /** Requests waiting to be seen, and callers waiting for a step; a trainer needs one. */
    private static final int REQUESTS_MAX = 256;

    private static final Duration POLL_MAX = Duration.ofMillis(500);

    private final RunId run;
    private final int batchGroups;
    private final ResultsFeed feed;
    private final Intake intake;
    private final Collector collector;
    private final StepLedger ledger;
    private final StepWriter writer;
    private final TrainerMetrics metrics;
    private final Health health;
    private final WallClock clock;
    private final Ticker ticker;

    private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(REQUESTS_MAX);
    private final List<Request.Lease> waiters = new ArrayList<>();
    private volatile boolean ended;

    private Waiting waiting = Waiting.RESULTS_READ_AGAIN;
    private long waitingSinceMs;
    /** When the next step was first asked for; null before. */
    private @Nullable Long askedNanos;

    private TrainerStatus.@Nullable StepRewards lastStepRewards;

    /** Owns feed and writer from now on; the ledger is as the writer's open left it. */
    public TrainerLoop(
            RunId run,
            int batchGroups,
            ResultsFeed feed,
            Intake intake,
            Collector collector,
            StepLedger ledger,
            StepWriter writer,
            TrainerMetrics metrics,
            Health health,
            WallClock clock,
            Ticker ticker) {
        this.run = run;
        this.batchGroups = batchGroups;
        this.feed = feed;
        this.intake = intake;
        this.collector = collector;
        this.ledger = ledger;
        this.writer = writer;
        this.metrics = metrics;
        this.health = health;
        this.clock = clock;
        this.ticker = ticker;
        this.waitingSinceMs = clock.millis();
        health.starting(NAME);
    }

    /**
     * Hands in a request; any thread.
     *
     * @throws RolloutQueueException when too many wait or the loop has ended
     */
    void submit(Request request) {
        if (!ended && !requests.offer(request)) {
            throw new RolloutQueueException(
                    RolloutQueueException.Kind.BUSY, REQUESTS_MAX + " requests are waiting already; ask again");
        }
        if (ended) {
            // Also when the loop ended after the offer: nobody would see the request then.
            throw endedException();
        }
        feed.wakeup();
    }

    /**
     * Answers what was asked; collects what has arrived and writes what that settles; leases the next step to whom waits
     * for it; tells those whose wait is over how far it is.
     */
    @Override
    public void runOnce() throws Exception {
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            try {
                handle(request);
            } catch (RuntimeException e) {
                request.answer().completeExceptionally(endedException());
                throw e;
            }
        }
        serveWaiters();
        feed.poll(pollLimit(), intake::accept);
        List<StepRecord> decisions = intake.takeDecisions();
        if (!decisions.isEmpty()) {
            writer.write(decisions);
        }
        serveWaiters();
        report();
    }

    private Duration pollLimit() {
        long nanos = POLL_MAX.toNanos();
        for (Request.Lease waiter : waiters) {
            nanos = Math.min(nanos, waiter.deadlineNanos() - ticker.nanos());
        }
        return Duration.ofNanos(Math.max(0, nanos));
    }

    private void handle(Request request) {
        switch (request) {
            case Request.Lease lease -> wait(lease);
            case Request.Acknowledge ack -> ack.answer().complete(acknowledge(ack));
            case Request.Batch batch -> batch(batch);
            case Request.Status status -> status.answer().complete(status());
        }
    }

    private void wait(Request.Lease lease) {
        if (waiters.size() >= REQUESTS_MAX) {
            lease.answer()
                    .completeExceptionally(new RolloutQueueException(
                            RolloutQueueException.Kind.BUSY,
                            REQUESTS_MAX + " callers wait for a step already; ask again"));
            return;
        }
        waiters.add(lease);
        if (askedNanos == null) {
            askedNanos = ticker.nanos();
        }
    }

    /** Every waiter gets its answer or goes on waiting. */
    private void serveWaiters() {
        waiters.removeIf(waiter -> {
            LeaseAnswer answer = lease(waiter);
            if (answer != null) {
                waiter.answer().complete(answer);
            }
            return answer != null;
        });
    }

    private @Nullable LeaseAnswer lease(Request.Lease request) {
        StepNumber step = request.step() == null ? ledger.nextStep() : request.step();
        return switch (ledger.mayLease(step)) {
            case LeaseDecision.SameLease same -> new LeaseAnswer.Leased(same.lease(), same.warnings());
            case LeaseDecision.WrongStep wrong -> new LeaseAnswer.Refused(wrong.why());
            case LeaseDecision.UnfillableAtThisVersion unfillable -> new LeaseAnswer.Refused(unfillable.why());
            case LeaseDecision.MayLease may -> {
                BatchChoice choice = BatchChoice.oldestFirst(collector.finished(), batchGroups);
                if (feed.caughtUp() && choice instanceof BatchChoice.Ready ready) {
                    yield new LeaseAnswer.Leased(open(may, ready.groups()), may.warnings());
                }
                yield request.deadlineNanos() - ticker.nanos() <= 0 ? notYet(step) : null;
            }
        };
    }

    private StepRecord.Lease open(LeaseDecision.MayLease may, List<Finished> groups) {
        List<ManifestEntry> manifest =
                groups.stream().map(Finished::manifestEntry).toList();
        StepRecord.Lease lease = ledger.lease(may.step(), manifest, clock.millis());
        writer.write(List.of(lease));
        lastStepRewards = TrainerStatus.StepRewards.of(
                may.step(), groups.stream().map(Finished::rewards).toList());
        long askedAtNanos = askedNanos == null ? ticker.nanos() : askedNanos;
        metrics.leased(
                groups.size(),
                Duration.ofNanos(ticker.nanos() - askedAtNanos),
                may.warnings().size());
        askedNanos = null;
        for (String warning : may.warnings()) {
            log.warn("{}", warning);
        }
        log.info(
                "step {} leased: groups {} to {}",
                lease.step(),
                manifest.getFirst().groupIndex(),
                manifest.getLast().groupIndex());
        return lease;
    }

    private LeaseAnswer.NotYet notYet(StepNumber step) {
        observe();
        return new LeaseAnswer.NotYet(step, finishedCount(), batchGroups, waitingText(), waitingSinceMs);
    }

    private AckAnswer acknowledge(Request.Acknowledge request) {
        return switch (ledger.acknowledge(request.step(), request.version(), clock.millis())) {
            case AckDecision.Acknowledged done -> {
                writer.write(done.records());
                done.groups().forEach(collector::settled);
                metrics.trained(done.groups().size());
                log.info(
                        "step {} acknowledged, weight version {}",
                        done.step(),
                        ledger.policy().weightVersion());
                yield acknowledged(done.step());
            }
            case AckDecision.AlreadyAcknowledged already -> acknowledged(already.step());
            case AckDecision.WrongStep wrong -> new AckAnswer.Refused(wrong.why());
            case AckDecision.VersionNotNewer old ->
                new AckAnswer.Refused("weight_version " + old.asked() + " is not newer than the current "
                        + old.current() + "; announce a larger one, or none");
            case AckDecision.Conflict conflict -> new AckAnswer.Refused(conflict.why());
        };
    }

    private AckAnswer.Acknowledged acknowledged(StepNumber step) {
        return new AckAnswer.Acknowledged(
                step,
                ledger.lineage(),
                ledger.policy().weightVersion(),
                ledger.totals().trained(),
                ledger.nextStep());
    }

    private void batch(Request.Batch request) {
        StepRecord.Lease open = ledger.openLease();
        if (open == null || !open.step().equals(request.step())) {
            request.answer()
                    .completeExceptionally(new RolloutQueueException(
                            RolloutQueueException.Kind.NOT_LEASED,
                            "step " + request.step() + " is not leased; "
                                    + (open == null
                                            ? "the next step to lease is " + ledger.nextStep()
                                            : "the leased step is " + open.step())));
            return;
        }
        Map<GroupIndex, byte[]> payloads = new HashMap<>();
        for (ManifestEntry entry : open.groups()) {
            byte[] payload = collector.payload(entry);
            if (payload != null) {
                payloads.put(entry.groupIndex(), payload);
            }
        }
        request.answer().complete(new BatchSource(open, payloads));
    }

    private TrainerStatus status() {
        observe();
        Policy policy = ledger.policy();
        StepRecord.Lease open = ledger.openLease();
        return new TrainerStatus(
                run,
                policy.lineage(),
                policy.weightVersion(),
                policy.state(),
                ledger.nextStep(),
                open == null ? null : open.step(),
                batchGroups,
                finishedCount(),
                open == null ? 0 : open.groups().size(),
                ledger.totals().trained(),
                ledger.totals().discarded(),
                ledger.totals().abandoned(),
                ledger.rejected(),
                collector.duplicates(),
                collector.skipped(),
                ledger.totals().lowWaterMark(),
                collector.payloadBytes(),
                ledger.stepsInVersion(),
                waitingText(),
                waitingSinceMs,
                lastStepRewards);
    }

    /** Finished groups that are not leased; those of a lease come in again one by one after a restart. */
    private int finishedCount() {
        StepRecord.Lease open = ledger.openLease();
        int collected = collector.finished().size();
        return open == null
                ? collected
                : collected
                        - (int) open.groups().stream()
                                .filter(entry -> collector.finished(entry.groupIndex()) != null)
                                .count();
    }

    private void observe() {
        Waiting now = waitingNow();
        if (now != waiting) {
            waiting = now;
            waitingSinceMs = clock.millis();
        }
    }

    private Waiting waitingNow() {
        return switch (ledger.mayLease(ledger.nextStep())) {
            case LeaseDecision.SameLease same -> Waiting.TRAINER_TO_ACKNOWLEDGE;
            case LeaseDecision.UnfillableAtThisVersion unfillable -> Waiting.NEW_VERSION;
            case LeaseDecision.WrongStep wrong -> throw new IllegalStateException(wrong.why());
            case LeaseDecision.MayLease may -> {
                if (!feed.caughtUp()) {
                    yield Waiting.RESULTS_READ_AGAIN;
                }
                yield collector.finished().size() < batchGroups ? Waiting.FINISHED_GROUPS : Waiting.TRAINER_TO_LEASE;
            }
        };
    }

    private String waitingText() {
        return switch (waiting) {
            case RESULTS_READ_AGAIN ->
                "the results written before the start to be read again, " + feed.recordsBehind() + " records left";
            case FINISHED_GROUPS -> {
                int missing = batchGroups - finishedCount();
                yield missing + (missing == 1 ? " more group to finish" : " more groups to finish");
            }
            case NEW_VERSION ->
                "a new weight version: no further step can be filled with version "
                        + ledger.policy().weightVersion();
            case TRAINER_TO_LEASE -> "the trainer to lease step " + ledger.nextStep();
            case TRAINER_TO_ACKNOWLEDGE -> "the trainer to acknowledge step " + ledger.nextStep();
        };
    }

    private void report() {
        observe();
        // Without counts: health counts the time from the first report of the same text.
        health.waiting(
                NAME,
                switch (waiting) {
                    case RESULTS_READ_AGAIN -> "the results written before the start to be read again";
                    case FINISHED_GROUPS -> "groups to finish for step " + ledger.nextStep();
                    case NEW_VERSION, TRAINER_TO_LEASE, TRAINER_TO_ACKNOWLEDGE -> waitingText();
                });
        StepRecord.Lease open = ledger.openLease();
        metrics.state(
                finishedCount(),
                open == null ? 0 : open.groups().size(),
                collector.payloadBytes(),
                ledger.policy().weightVersion().value(),
                ledger.totals().lowWaterMark());
    }

    @Override
    public void wakeup() {
        feed.wakeup();
    }

    /** Everyone who waits is told, then the clients are closed. */
    @Override
    public void close() {
        ended = true;
        for (Request.Lease waiter : waiters) {
            waiter.answer().completeExceptionally(endedException());
        }
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            request.answer().completeExceptionally(endedException());
        }
        try {
            feed.close();
        } finally {
            writer.close();
        }
    }

    private static RolloutQueueException endedException() {
        return new RolloutQueueException(
                RolloutQueueException.Kind.ENDED, "the trainer consumer is stopping or has failed; see its log");
    }
}
