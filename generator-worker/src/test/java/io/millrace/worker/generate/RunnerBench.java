package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.testing.RecordingFatal;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.trace.Tracing;
import io.millrace.common.wire.RolloutGroupCodec;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.GroupAssembly;
import io.millrace.worker.attempt.TestingTasks;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.generator.Generator;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.publish.ResultRecords;
import io.millrace.worker.retry.RetryPolicy;
import io.millrace.worker.retry.RetrySettings;
import io.millrace.worker.score.RewardScorer;
import io.millrace.worker.slots.SlotSettings;
import io.millrace.worker.slots.Slots;
import io.millrace.worker.weights.OnWeightUpdate;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** What runs attempts, with an engine and a Kafka client in memory. */
final class RunnerBench {
    static final Duration LONG = Duration.ofSeconds(60);
    static final int SLOTS = 4;

    private static final RunTopics TOPICS = new RunTopics(new RunId("r"));

    final MockProducer<byte[], byte[]> kafka;
    final InFlightTable table = new InFlightTable();
    final Slots<HeldAttempt> slots = new Slots<>(new SlotSettings(SLOTS, 0.25, 2, 64));
    /** Responses that were judged, in order. */
    final List<String> scored = new CopyOnWriteArrayList<>();

    final RewardScorer scorer = new RewardScorer(
            request -> {
                scored.add(request.response());
                return Reward.of(1);
            },
            new RewardScorer.Limits(4, 4, LONG, LONG),
            new SimpleMeterRegistry());
    final ResultPublisher publisher;
    final AttemptRunner runner;

    RunnerBench(
            boolean brokerAnswers,
            boolean tokenize,
            @Nullable Generator generator,
            TestingEngine engine,
            RecordingFatal fatal) {
        List<PartitionInfo> partitions = List.of(
                new PartitionInfo(TOPICS.results(GroupKind.TRAINING), 0, null, new Node[0], new Node[0]),
                new PartitionInfo(TOPICS.receipts(GroupKind.TRAINING), 0, null, new Node[0], new Node[0]));
        kafka = new MockProducer<>(
                new Cluster("c", List.of(), partitions, Collections.emptySet(), Collections.emptySet()),
                brokerAnswers,
                null,
                new ByteArraySerializer(),
                new ByteArraySerializer());
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        WorkerIncarnation worker = WorkerIncarnation.start("w");
        publisher = new ResultPublisher(
                kafka,
                TOPICS,
                new ResultRecords(TOPICS.results(GroupKind.TRAINING), 1, 1 << 20, 1 << 20),
                new ResultRecords(TOPICS.results(GroupKind.EVALUATION), 1, 1 << 20, 1 << 20),
                new ResultRecords(TOPICS.partials(), 1, 1 << 20, 1 << 20),
                worker,
                registry,
                Ticker.system(),
                Duration.ofMinutes(10),
                fatal);
        RunId run = new RunId("r");
        Sampler sampler = new Sampler(
                new EnginePool(
                        List.of("http://engine"),
                        engine,
                        VersionWord::number,
                        Ticker.system(),
                        Duration.ZERO,
                        Duration.ZERO),
                new WeightsGate(LONG, Ticker.system()),
                run,
                new Sampler.Rules(LONG, OnWeightUpdate.CONTINUE, tokenize),
                new RetryPolicy(new RetrySettings(LONG, 3, Duration.ofMillis(1), Duration.ofMillis(2)), () -> 0),
                Ticker.system(),
                pause -> Thread.onSpinWait(),
                registry);
        runner = new AttemptRunner(
                slots,
                table,
                sampler,
                generator == null ? null : new Executions(generator, 4, sampler, Ticker.system()),
                new Grader(scorer, Ticker.system()),
                new AttemptPublisher(
                        publisher,
                        new GroupAssembly(run, worker),
                        new AttemptSpans(Tracing.OFF, new RunTopics(run), worker, "test", WallClock.system()),
                        WallClock.system(),
                        Ticker.system(),
                        registry),
                (ref, group) -> {
                    throw new BadRecordException("nothing is there");
                },
                Ticker.system(),
                registry,
                fatal);
    }

    void claim(long index, int samples, @Nullable Long timeLimitMs) {
        HeldAttempt attempt =
                held(task(index, samples, timeLimitMs), Ticker.system().nanos());
        assertTrue(table.enter(attempt));
        runner.accept(attempt);
    }

    void awaitIdle() throws InterruptedException {
        assertTrue(slots.awaitIdle(LONG), () -> table.held().toString());
        assertEquals(0, slots.slotsInUse());
        assertEquals(0, table.size(), () -> table.held().toString());
    }

    List<Receipt> receipts() {
        return kafka.history().stream()
                .filter(record -> record.topic().equals(TOPICS.receipts(GroupKind.TRAINING)))
                .map(record -> receipt(record.value()))
                .toList();
    }

    /** How often each kind of outcome came; fails when a group has two. */
    Map<String, Long> outcomes() {
        List<Receipt> receipts = receipts();
        assertEquals(
                receipts.size(),
                receipts.stream().map(Receipt::groupIndex).distinct().count(),
                "one receipt a group");
        return receipts.stream()
                .collect(Collectors.groupingBy(
                        receipt -> receipt.outcome() instanceof Receipt.Failure failure
                                ? failure.kind()
                                : receipt.outcome().getClass().getSimpleName(),
                        Collectors.counting()));
    }

    void close() throws Exception {
        runner.close();
        scorer.close();
        publisher.close(Duration.ofSeconds(10));
    }

    /** The only result there is. */
    RolloutGroup result() throws BadRecordException {
        List<byte[]> results = kafka.history().stream()
                .filter(record -> record.topic().equals(TOPICS.results(GroupKind.TRAINING)))
                .map(record -> record.value())
                .toList();
        assertEquals(1, results.size());
        return RolloutGroupCodec.decode(results.getFirst());
    }

    /** The only failure there is. */
    Receipt.Failure failure() {
        List<Receipt> receipts = receipts();
        assertEquals(1, receipts.size());
        return assertInstanceOf(Receipt.Failure.class, receipts.getFirst().outcome());
    }

    private static Receipt receipt(byte[] value) {
        try {
            return ControlCodec.decode(value, Receipt.class);
        } catch (BadRecordException e) {
            throw new AssertionError(e);
        }
    }

    static HeldAttempt held(TrainingTask task, long claimedNanos) {
        return new HeldAttempt(new AttemptState(task, Lane.TRAINING, 0, claimedNanos));
    }

    static TrainingTask task(long index, int samples, @Nullable Long timeLimitMs) {
        return TestingTasks.task(index, samples, timeLimitMs == null ? null : Duration.ofMillis(timeLimitMs));
    }
}
