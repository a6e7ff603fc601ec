package io.millrace.worker.publish;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lifecycle.Fatal;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.trace.TraceContext;
import io.millrace.common.wire.GroupTooLargeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Result, broker acknowledgement, receipt, acknowledgement; only then is the group let go.
 *
 * <p>The producer is idempotent and waits for all replicas, and retries by itself until {@code delivery.timeout.ms}, which
 * {@link PatientSends} holds against the monotonic clock; what still fails then ends the process: the group keeps standing in the in-flight table until the process is gone, so
 * the ledger gives it to somebody else.
 *
 * <p>Thread-safe: a Kafka producer is. What follows an acknowledgement never runs on the client's own thread: a send may
 * wait there for topic metadata or buffer space that only that thread can bring.
 */
public final class ResultPublisher {
    private static final Logger log = LoggerFactory.getLogger(ResultPublisher.class);

    /**
     * An attempt that has ended.
     *
     * @param lane where it was claimed; evaluations have topics of their own
     * @param durationMs since its claim
     * @param trace that its records go on; null for none
     */
    public record EndedAttempt(
            TrainingTask task,
            Lane lane,
            long durationMs,
            @Nullable TraceContext trace) {
        /** Not traced. */
        public EndedAttempt(TrainingTask task, Lane lane, long durationMs) {
            this(task, lane, durationMs, null);
        }

        private void mark(ProducerRecord<byte[], byte[]> record) {
            if (trace != null) {
                trace.write(record.headers());
            }
        }
    }

    private final Producer<byte[], byte[]> producer;
    private final RunTopics topics;
    private final ResultRecords records;
    private final ResultRecords evaluations;
    private final ResultRecords partials;
    private final WorkerIncarnation worker;
    private final Fatal fatal;
    private final Ticker ticker;
    private final ExecutorService followUps = Executors.newVirtualThreadPerTaskExecutor();
    private final PatientSends sends;
    private final LongAdder finished = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final MeterRegistry registry;

    /**
     * @param records of training groups
     * @param evaluations of groups of evaluations
     * @param partials of groups given back
     * @param limit how long a record may wait for the broker, by the monotonic clock; the producer has the same
     */
    public ResultPublisher(
            Producer<byte[], byte[]> producer,
            RunTopics topics,
            ResultRecords records,
            ResultRecords evaluations,
            ResultRecords partials,
            WorkerIncarnation worker,
            MeterRegistry registry,
            Ticker ticker,
            Duration limit,
            Fatal fatal) {
        this.producer = producer;
        this.topics = topics;
        this.records = records;
        this.evaluations = evaluations;
        this.partials = partials;
        this.worker = worker;
        this.registry = registry;
        this.fatal = fatal;
        this.ticker = ticker;
        this.sends = new PatientSends(producer, limit, ticker, followUps);
    }

    /**
     * Publishes a group and its receipt; returns when the records are handed to the client.
     *
     * @param done called once the receipt is durable, on a thread of its own
     */
    public void publish(EndedAttempt ended, RolloutGroup group, Runnable done) {
        List<ProducerRecord<byte[], byte[]>> parts;
        try {
            parts = ended.lane() == Lane.EVALUATION ? evaluations.of(group) : records.of(group);
        } catch (GroupTooLargeException e) {
            publishFailure(ended, "result-too-large", String.valueOf(e.getMessage()), done);
            return;
        }
        parts.forEach(ended::mark);
        // The group itself may be large, and is in the records already.
        GroupHeader header = group.header();
        long beganNanos = ticker.nanos();
        long bytes = parts.stream().mapToLong(part -> part.value().length).sum();
        send(parts, (partition, offsets) -> {
            WorkerMetric.PUBLISH.timer(registry).record(ticker.nanos() - beganNanos, TimeUnit.NANOSECONDS);
            WorkerMetric.PUBLISHED.counter(registry).increment((double) bytes);
            Receipt.Outcome success = new Receipt.Success(partition, offsets, header.rewards());
            Receipt receipt = receipt(ended, sum(header, true), sum(header, false), success);
            finished.increment();
            WorkerMetric.GROUPS_FINISHED.counter(registry).increment();
            WorkerMetric.RESPONSE_TOKENS.counter(registry).increment((double) receipt.responseTokens());
            sendReceipt(ended, receipt, done);
        });
    }

    /** Publishes a failure receipt. */
    public void publishFailure(EndedAttempt ended, String kind, String message, Runnable done) {
        failed.increment();
        sendReceipt(ended, receipt(ended, 0, 0, new Receipt.Failure(kind, message)), done);
    }

    /**
     * Publishes that the group goes back unfinished.
     *
     * @param partial where stands what was generated of it before; null for nothing
     */
    public void publishHandBack(EndedAttempt ended, String reason, @Nullable PartialRef partial, Runnable done) {
        sendReceipt(ended, receipt(ended, 0, 0, new Receipt.HandedBack(reason, partial)), done);
    }

    /**
     * The same with what was generated of it: that is durable before the receipt.
     *
     * @param group whose unfinished samples are aborted ones
     */
    public void publishPartial(EndedAttempt ended, String reason, RolloutGroup group, Runnable done) {
        List<ProducerRecord<byte[], byte[]>> parts;
        try {
            parts = partials.of(group);
        } catch (GroupTooLargeException e) {
            log.warn("what was generated of group {} is lost: {}", ended.task().groupIndex(), e.getMessage());
            publishHandBack(ended, reason, null, done);
            return;
        }
        GroupHeader header = group.header();
        send(parts, (partition, offsets) -> {
            PartialRef ref = new PartialRef(
                    offsets,
                    ended.task().attempt(),
                    ended.task().lineage(),
                    header.oldestWeightVersion(),
                    sum(header, false));
            publishHandBack(ended, reason, ref, done);
        });
    }

    /** What follows once the broker has all parts of a group, with the place where they stand. */
    private interface Continuation {
        void at(int partition, List<Long> offsets);
    }

    private void send(List<ProducerRecord<byte[], byte[]>> parts, Continuation then) {
        List<CompletableFuture<RecordMetadata>> sent =
                parts.stream().map(sends::send).toList();
        var _ = CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
                .thenRunAsync(
                        () -> then.at(
                                sent.getFirst().join().partition(),
                                sent.stream().map(part -> part.join().offset()).toList()),
                        followUps)
                .exceptionally(this::report);
    }

    private Receipt receipt(EndedAttempt ended, long promptTokens, long responseTokens, Receipt.Outcome outcome) {
        TrainingTask task = ended.task();
        return new Receipt(
                task.groupIndex(),
                task.attempt(),
                worker,
                task.samples(),
                promptTokens,
                responseTokens,
                ended.durationMs(),
                outcome);
    }

    private static long sum(GroupHeader header, boolean prompts) {
        return header.samples().stream()
                .mapToLong(prompts ? SampleHeader::promptLength : SampleHeader::responseLength)
                .sum();
    }

    private void sendReceipt(EndedAttempt ended, Receipt receipt, Runnable done) {
        String topic = topics.receipts(ended.lane().kind());
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, KafkaClients.key(receipt.groupIndex()), ControlCodec.encode(receipt));
        ended.mark(record);
        var _ = sends.send(record).thenRunAsync(done, followUps).exceptionally(this::report);
    }

    private Void report(Throwable e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        fatal.report("publication", cause);
        throw new IllegalStateException("publication failed", cause);
    }

    /** Tells the health report whether what is finished gets away. */
    public void report(Health health) {
        sends.report(health);
    }

    /** Groups published since the start. */
    public long groupsFinished() {
        return finished.sum();
    }

    /** Attempts failed since the start. */
    public long groupsFailed() {
        return failed.sum();
    }

    /** Waits for what was handed over and closes the client; what is not taken within the limit is given up. */
    public void close(Duration limit) throws InterruptedException {
        long startNanos = ticker.nanos();
        followUps.shutdown();
        if (!followUps.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            followUps.shutdownNow();
        }
        long leftNanos = limit.toNanos() - (ticker.nanos() - startNanos);
        producer.close(Duration.ofNanos(Math.max(0, leftNanos)));
    }
}
