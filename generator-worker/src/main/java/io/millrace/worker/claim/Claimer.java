package io.millrace.worker.claim;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.NewerRecordException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.trace.TraceContext;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.publish.DeadLetters;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.publish.StatusWatch;
import io.millrace.worker.slots.Slots;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.errors.GroupMaxSizeReachedException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes groups from prompts lanes while slots want them: one share consumer per lane. The urgent lane and the training
 * lane have a claimer between them, which asks the urgent one first; the evaluation lane has one of its own, so that
 * neither waits for the other.
 *
 * <p>A claim is acknowledged at once, before generation: from then on the ledger knows the group by this worker's status
 * and receipt, and Kafka's lock (at most an hour, dropped with an idle connection, no polling while held) is not needed.
 * Between poll and acknowledgement Kafka redelivers; a redelivered attempt that is held already is not run twice.
 *
 * <p>A poll takes at most {@code prefetch} records, and only polls when fewer than that are claimed and unstarted, so
 * fewer than twice that many wait in a worker.
 *
 * <p>Owned by its loop's thread, but for {@link #clockStepped} and {@link #wakeup}.
 */
public final class Claimer implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(Claimer.class);

    /** Polls without an answer of a broker that takes this worker's statuses; a healthy one answers in half a second. */
    private static final Duration STALL_LIMIT = Duration.ofSeconds(60);

    /** Between two tries to join a group that is full. */
    private static final Duration FULL_WAIT = Duration.ofSeconds(3);

    /** As of a broker that is away. */
    private static final Duration SAY_FULL_EVERY = Duration.ofSeconds(10);

    /** More than any run asks for ({@code --samples-per-group}); a task with more is somebody's mistake. */
    private static final int SAMPLES_MAX = 4096;

    /**
     * What holds claiming.
     *
     * @param weights while the run is paused
     * @param statuses while the ledger cannot know of this worker
     */
    public record Gates(WeightsGate weights, StatusWatch statuses) {}

    /** Where records go that are not taken. */
    public record Refusals(ResultPublisher publisher, DeadLetters deadLetters) {}

    private final SequencedMap<Lane, LaneConsumer> lanes;
    private final Lane last;
    private final String part;
    private final Refusals refusals;
    private final Slots<HeldAttempt> slots;
    private final InFlightTable table;
    private final Consumer<HeldAttempt> begin;
    private final Gates gates;
    private final Duration wait;
    private final WallClock clock;
    private final Ticker ticker;
    private final Health health;
    private final MeterRegistry registry;
    private final Timer polls;
    private final Counter rebuilds;
    private final ConsumerWatch watch = new ConsumerWatch(STALL_LIMIT);
    private final EverySoOften fullLines;
    private final NewerTasks newer;
    /** Not seen to yet. */
    private volatile boolean clockStepped;

    /**
     * @param part of the health report
     * @param lanes asked in this order, all of one kind, training or evaluation; only the last is waited for
     * @param begin what becomes of a claimed group, once it stands in the table; returns at once
     * @param wait how long a turn waits for slots, and for prompts; a request to stop ends both
     */
    public Claimer(
            String part,
            SequencedMap<Lane, LaneConsumer> lanes,
            Refusals refusals,
            Slots<HeldAttempt> slots,
            InFlightTable table,
            Consumer<HeldAttempt> begin,
            Gates gates,
            Duration wait,
            WallClock clock,
            Ticker ticker,
            Health health,
            MeterRegistry registry) {
        this.part = part;
        this.lanes = lanes;
        this.last = lanes.lastEntry().getKey();
        this.refusals = refusals;
        this.slots = slots;
        this.table = table;
        this.begin = begin;
        this.gates = gates;
        this.wait = wait;
        this.clock = clock;
        this.ticker = ticker;
        this.health = health;
        this.registry = registry;
        this.newer = new NewerTasks(ticker);
        this.fullLines = new EverySoOften(SAY_FULL_EVERY, ticker);
        this.polls = WorkerMetric.CLAIM_POLL.timer(registry);
        this.rebuilds = WorkerMetric.CLAIM_REBUILDS.counter(registry);
        lanes.values().forEach(this::listen);
        health.starting(part);
        health.watched(part);
    }

    private void listen(LaneConsumer lane) {
        lane.consumer().setAcknowledgementCommitCallback((offsets, e) -> {
            if (e != null) {
                // The lock was lost first: the group comes again to somebody, and one of two results is dropped.
                log.warn("the claim of {} was not recorded: {}", offsets, e.toString());
                WorkerMetric.CLAIMS_UNRECORDED.counter(registry).increment();
            }
        });
    }

    /**
     * One turn: build the consumers anew when the wall clock was set; claim nothing while the ledger cannot know of this worker, or while the run is paused; wait until groups
     * are wanted; ask one lane after the other until one has some, and wait a moment for the last.
     */
    @Override
    public void runOnce() throws InterruptedException {
        if (clockStepped) {
            clockStepped = false;
            rebuild("the wall clock was set by more than " + ClockWatch.STEP_MAX.toSeconds()
                    + " s, by which they time what they do");
            watch.unwanted();
        }
        if (!gates.statuses().awaitHeard(wait)) {
            health.blocked(part, gates.statuses().holdReason());
            watch.unwanted();
            return;
        }
        if (!gates.weights().awaitResumed(wait)) {
            health.waiting(part, gates.weights().holdReason());
            watch.unwanted();
            return;
        }
        int wanted = slots.awaitWanted(last, wait);
        if (wanted == 0) {
            health.waiting(part, slots.holdReason(last));
            watch.unwanted();
            return;
        }
        try {
            poll();
        } catch (GroupMaxSizeReachedException e) {
            full(e);
        } catch (WakeupException _) {
            // To stop, which the loop knows, or for new consumers, which are the next turn's first matter.
            watch.unwanted();
        }
    }

    /** The wall clock was set: the consumers are built anew, a poll under way ends. Any thread. */
    public void clockStepped() {
        clockStepped = true;
        lanes.values().forEach(LaneConsumer::wakeup);
    }

    private void poll() throws InterruptedException {
        for (Lane lane : lanes.keySet()) {
            Optional<String> held = newer.holds(lane);
            if (held.isPresent()) {
                if (lane == last) {
                    health.waiting(part, held.get());
                    watch.unwanted();
                    slots.awaitStopClaiming(wait);
                    return;
                }
                continue;
            }
            if (claim(lane, lane == last ? wait : Duration.ZERO) > 0) {
                health.running(part);
                watch.unwanted();
                return;
            }
        }
        long answers = lanes.values().stream().mapToLong(LaneConsumer::answers).sum();
        if (watch.stalled(answers, ticker.nanos())) {
            health.blocked(part, "the broker, which answers no poll");
            rebuild("no poll was answered for too long");
            watch.rebuiltStalled();
            return;
        }
        health.waiting(part, "prompts");
    }

    private void rebuild(String why) {
        log.warn("{}: the share consumers are built anew: {}", part, why);
        rebuilds.increment();
        for (LaneConsumer lane : lanes.values()) {
            lane.rebuild();
            listen(lane);
        }
    }

    /** A worker too many: others may leave, so it goes on trying. */
    private void full(GroupMaxSizeReachedException e) throws InterruptedException {
        health.blocked(part, "a place in the share group, which is full (the broker's group.share.max.size)");
        if (fullLines.isDue()) {
            log.warn(
                    "waits for a place in the share group of {}, which is full: the broker's group.share.max.size (Kafka's default is 200) is the most"
                            + " workers of a run; raise it, or start fewer workers with more slots: {}",
                    lanes.keySet(),
                    e.getMessage());
        }
        for (LaneConsumer lane : lanes.values()) {
            lane.rebuild();
            listen(lane);
        }
        slots.awaitStopClaiming(FULL_WAIT);
    }

    private int claim(Lane lane, Duration wait) throws InterruptedException {
        ShareConsumer<byte[], byte[]> consumer = consumer(lane);
        int claimed = 0;
        int delivered = 0;
        long startNanos = ticker.nanos();
        ConsumerRecords<byte[], byte[]> records = consumer.poll(wait);
        if (!records.isEmpty()) {
            polls.record(Duration.ofNanos(ticker.nanos() - startNanos));
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            delivered++;
            claimed += claim(lane, consumer, record);
        }
        if (delivered > 0) {
            consumer.commitAsync();
        }
        return claimed;
    }

    private int claim(Lane lane, ShareConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record)
            throws InterruptedException {
        TrainingTask task;
        try {
            task = ControlCodec.decode(record.value() == null ? new byte[0] : record.value(), TrainingTask.class);
        } catch (NewerRecordException e) {
            newer.met(lane, String.valueOf(e.getMessage()));
            WorkerMetric.TASKS_NEWER.counter(registry).increment();
            consumer.acknowledge(record, AcknowledgeType.RELEASE);
            return 0;
        } catch (BadRecordException e) {
            refuse(consumer, record, String.valueOf(e.getMessage()));
            return 0;
        }
        newer.known(lane);
        if (task.samples() > SAMPLES_MAX) {
            consumer.acknowledge(record, AcknowledgeType.ACCEPT);
            refusals.publisher()
                    .publishFailure(
                            new ResultPublisher.EndedAttempt(task, lane, 0),
                            "task-refused",
                            "the task asks for " + task.samples() + " samples, a worker makes at most " + SAMPLES_MAX,
                            () -> {});
            return 0;
        }
        HeldAttempt attempt = new HeldAttempt(new AttemptState(
                task,
                lane,
                clock.millis(),
                ticker.nanos(),
                TraceContext.read(record.headers()).orElse(null)));
        boolean held = !table.enter(attempt);
        consumer.acknowledge(record, AcknowledgeType.ACCEPT);
        if (held) {
            WorkerMetric.CLAIMS_REPEATED.counter(registry).increment();
            return 0;
        }
        WorkerMetric.CLAIMS.counter(registry, lane.word()).increment();
        begin.accept(attempt);
        return 1;
    }

    /** No task: written down before it goes for good; where that fails, it comes again. */
    private void refuse(ShareConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record, String reason)
            throws InterruptedException {
        log.warn("{}@{} is no task: {}", record.topic(), record.offset(), reason);
        WorkerMetric.TASKS_BAD.counter(registry).increment();
        boolean written = refusals.deadLetters().unreadable(record, reason);
        consumer.acknowledge(record, written ? AcknowledgeType.REJECT : AcknowledgeType.RELEASE);
    }

    private ShareConsumer<byte[], byte[]> consumer(Lane lane) {
        LaneConsumer consumer = lanes.get(lane);
        if (consumer == null) {
            throw new IllegalStateException("no consumer for " + lane);
        }
        return consumer.consumer();
    }

    @Override
    public void wakeup() {
        slots.stopClaiming();
        lanes.values().forEach(LaneConsumer::wakeup);
    }

    @Override
    public void close() {
        health.ended(part, "nothing, it has stopped claiming");
        lanes.values().forEach(LaneConsumer::close);
    }
}
