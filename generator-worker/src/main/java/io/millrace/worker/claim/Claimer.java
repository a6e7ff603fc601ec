package io.millrace.worker.claim;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.worker.generate.Generator;
import io.millrace.worker.generate.GroupRun;
import io.millrace.worker.generate.InFlightTable;
import io.millrace.worker.publish.DeadLetters;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes groups from the prompts lanes while slots want them: one share consumer per lane, the urgent lane asked first.
 *
 * <p>A claim is acknowledged at once, before generation: from then on the ledger knows the group by this worker's status
 * and receipt, and Kafka's lock (at most an hour, dropped with an idle connection, no polling while held) is not needed.
 * Between poll and acknowledgement Kafka redelivers; a redelivered attempt that is held already is not run twice.
 *
 * <p>A poll takes at most {@code prefetch} records, and only polls when fewer than that are claimed and unstarted, so
 * fewer than twice that many wait in a worker.
 *
 * <p>Owned by its loop's thread.
 */
public final class Claimer implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(Claimer.class);
    private static final String PART = "claim";

    /** How long a turn waits for slots, and for prompts; a request to stop ends both. */
    private static final Duration WAIT = Duration.ofMillis(500);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

    /** More than any run asks for ({@code --samples-per-group}); a task with more is somebody's mistake. */
    private static final int SAMPLES_MAX = 4096;

    /** Where records go that are not taken. */
    public record Refusals(ResultPublisher publisher, DeadLetters deadLetters) {}

    private final Map<Lane, ShareConsumer<byte[], byte[]>> lanes = new LinkedHashMap<>();
    private final Refusals refusals;
    private final Generator generator;
    private final WeightsGate gate;
    private final InFlightTable table;
    private final WallClock clock;
    private final Ticker ticker;
    private final Health health;
    private final MeterRegistry registry;
    private final Timer polls;

    public Claimer(
            ShareConsumer<byte[], byte[]> urgent,
            ShareConsumer<byte[], byte[]> training,
            Refusals refusals,
            Generator generator,
            WeightsGate gate,
            InFlightTable table,
            WallClock clock,
            Ticker ticker,
            Health health,
            MeterRegistry registry) {
        lanes.put(Lane.URGENT, urgent);
        lanes.put(Lane.TRAINING, training);
        this.refusals = refusals;
        this.generator = generator;
        this.gate = gate;
        this.table = table;
        this.clock = clock;
        this.ticker = ticker;
        this.health = health;
        this.registry = registry;
        this.polls = Timer.builder("millrace.worker.claim.poll")
                .description("a poll of a prompts lane that brought groups")
                .register(registry);
        lanes.values()
                .forEach(lane -> lane.setAcknowledgementCommitCallback((offsets, e) -> {
                    if (e != null) {
                        // The lock was lost first: the group comes again to somebody, and one of two results is
                        // dropped.
                        log.warn("the claim of {} was not recorded: {}", offsets, e.toString());
                        registry.counter("millrace.worker.claims.unrecorded").increment();
                    }
                }));
        health.starting(PART);
    }

    /**
     * One turn: claim nothing while the run is paused; wait until groups are wanted; ask the urgent lane without waiting; if it has none, ask the training lane
     * and wait a moment for it.
     */
    @Override
    public void runOnce() throws InterruptedException {
        if (!gate.awaitResumed(WAIT)) {
            health.waiting(PART, gate.holdReason());
            return;
        }
        int wanted = generator.dispatcher().awaitWanted(WAIT);
        if (wanted == 0) {
            health.waiting(PART, generator.dispatcher().holdReason());
            return;
        }
        if (claim(Lane.URGENT, Duration.ZERO) > 0 || claim(Lane.TRAINING, WAIT) > 0) {
            health.running(PART);
        } else {
            health.waiting(PART, "prompts");
        }
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
        } catch (BadRecordException e) {
            refuse(consumer, record, String.valueOf(e.getMessage()));
            return 0;
        }
        if (task.samples() > SAMPLES_MAX) {
            consumer.acknowledge(record, AcknowledgeType.ACCEPT);
            refusals.publisher()
                    .publishFailure(
                            new ResultPublisher.Closed(task, 0),
                            "task-refused",
                            "the task asks for " + task.samples() + " samples, a worker makes at most " + SAMPLES_MAX,
                            () -> {});
            return 0;
        }
        GroupRun run = new GroupRun(task, clock.millis(), ticker.nanos());
        boolean held = !table.enter(run);
        consumer.acknowledge(record, AcknowledgeType.ACCEPT);
        if (held) {
            registry.counter("millrace.worker.claims.repeated").increment();
            return 0;
        }
        registry.counter("millrace.worker.claims", "lane", lane.name().toLowerCase(java.util.Locale.ROOT))
                .increment();
        generator.accept(run, lane == Lane.URGENT);
        return 1;
    }

    /** No task: written down before it goes for good; where that fails, it comes again. */
    private void refuse(ShareConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record, String reason)
            throws InterruptedException {
        log.warn("{}@{} is no task: {}", record.topic(), record.offset(), reason);
        registry.counter("millrace.worker.tasks.bad").increment();
        boolean written = refusals.deadLetters().unreadable(record, reason);
        consumer.acknowledge(record, written ? AcknowledgeType.REJECT : AcknowledgeType.RELEASE);
    }

    private ShareConsumer<byte[], byte[]> consumer(Lane lane) {
        ShareConsumer<byte[], byte[]> consumer = lanes.get(lane);
        if (consumer == null) {
            throw new IllegalStateException("no consumer for " + lane);
        }
        return consumer;
    }

    @Override
    public void wakeup() {
        generator.dispatcher().stopClaiming();
        lanes.values().forEach(ShareConsumer::wakeup);
    }

    /**
     * Closing sends acknowledgements still under way and gives unclaimed records back; without a broker, whose locks
     * end by themselves, that is given up soon.
     */
    @Override
    public void close() {
        lanes.values().forEach(lane -> lane.close(CLOSE_LIMIT));
    }
}
