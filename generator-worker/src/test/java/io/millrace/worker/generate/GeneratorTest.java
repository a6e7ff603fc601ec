package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.millrace.common.testing.RecordingFatal;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.worker.attempt.AttemptState;
import io.millrace.worker.attempt.GroupAssembly;
import io.millrace.worker.attempt.TestingTasks;
import io.millrace.worker.engine.EnginePool;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
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
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However an attempt ends, it ends once: one receipt, its slots free, its entry gone. */
@Timeout(120)
class GeneratorTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int SLOTS = 4;

    private final RunTopics topics = new RunTopics(new RunId("r"));
    private final RecordingFatal fatal = new RecordingFatal();
    private final TestingEngine engine = new TestingEngine();
    private @Nullable Bench bench;

    @AfterEach
    void end() throws Exception {
        if (bench != null) {
            bench.close();
        }
        assertEquals(List.of(), fatal.reports());
    }

    /** A generator with a Kafka client in memory. */
    private final class Bench {
        final MockProducer<byte[], byte[]> kafka;
        final InFlightTable table = new InFlightTable();
        final Slots<HeldAttempt> slots = new Slots<>(new SlotSettings(SLOTS, 0.25, 2, 64));
        final RewardScorer scorer = new RewardScorer(
                request -> Reward.of(1), new RewardScorer.Limits(4, 4, LONG, LONG), new SimpleMeterRegistry());
        final ResultPublisher publisher;
        final Generator generator;

        Bench(boolean brokerAnswers, boolean tokenize) {
            List<PartitionInfo> partitions = List.of(
                    new PartitionInfo(topics.results(GroupKind.TRAINING), 0, null, new Node[0], new Node[0]),
                    new PartitionInfo(topics.receipts(GroupKind.TRAINING), 0, null, new Node[0], new Node[0]));
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
                    topics,
                    new ResultRecords(topics.results(GroupKind.TRAINING), 1, 1 << 20, 1 << 20),
                    new ResultRecords(topics.results(GroupKind.EVALUATION), 1, 1 << 20, 1 << 20),
                    new ResultRecords(topics.partials(), 1, 1 << 20, 1 << 20),
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
            generator = new Generator(
                    slots,
                    table,
                    sampler,
                    new Grader(scorer, Ticker.system()),
                    new AttemptPublisher(
                            publisher, new GroupAssembly(run, worker), WallClock.system(), Ticker.system(), registry),
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
            generator.accept(attempt);
        }

        void awaitIdle() throws InterruptedException {
            assertTrue(slots.awaitIdle(LONG), () -> table.held().toString());
            assertEquals(0, slots.slotsInUse());
            assertEquals(0, table.size(), () -> table.held().toString());
        }

        List<Receipt> receipts() {
            return kafka.history().stream()
                    .filter(record -> record.topic().equals(topics.receipts(GroupKind.TRAINING)))
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
            generator.close();
            scorer.close();
            publisher.close(Duration.ofSeconds(10));
        }
    }

    private static Receipt receipt(byte[] value) {
        try {
            return ControlCodec.decode(value, Receipt.class);
        } catch (BadRecordException e) {
            throw new AssertionError(e);
        }
    }

    private Bench bench(boolean brokerAnswers, boolean tokenize) {
        Bench made = new Bench(brokerAnswers, tokenize);
        bench = made;
        return made;
    }

    private static HeldAttempt held(TrainingTask task, long claimedNanos) {
        return new HeldAttempt(new AttemptState(task, Lane.TRAINING, 0, claimedNanos));
    }

    private static TrainingTask task(long index, int samples, @Nullable Long timeLimitMs) {
        return TestingTasks.task(index, samples, timeLimitMs == null ? null : Duration.ofMillis(timeLimitMs));
    }

    /** The next calls say so and hang until they are interrupted. */
    private CountDownLatch hang(int calls) {
        CountDownLatch hanging = new CountDownLatch(calls);
        for (int i = 0; i < calls; i++) {
            engine.then(() -> {
                hanging.countDown();
                new CountDownLatch(1).await();
                throw new AssertionError("nobody lets it go");
            });
        }
        return hanging;
    }

    @Test
    void anAttemptThatHangsEndsAtItsDeadlineAndFreesItsSlots() throws Exception {
        Bench worker = bench(true, false);
        hang(SLOTS);
        worker.claim(0, SLOTS + 2, 50L);
        worker.awaitIdle();
        engine.forget();
        worker.claim(1, 2, null);
        worker.awaitIdle();
        assertEquals(Map.of("deadline", 1L, "Success", 1L), worker.outcomes());
    }

    @Test
    void aDeadlineThatHasPassedAtTheClaimEndsTheAttemptOnce() throws Exception {
        Bench worker = bench(true, true);
        for (int round = 0; round < 200; round++) {
            worker.table.enter(held(task(10_000 + round, 1, 1L), 0));
        }
        worker.table.attempts().forEach(worker.generator::accept);
        worker.awaitIdle();
        assertEquals(200, worker.receipts().size());
        assertEquals(
                200L,
                worker.outcomes().values().stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void aTokenizationThatHangsEndsAtTheDeadline() throws Exception {
        Bench worker = bench(true, true);
        hang(1);
        worker.claim(0, 2, 50L);
        worker.awaitIdle();
        assertEquals(Map.of("deadline", 1L), worker.outcomes());
    }

    @Test
    void groupsHalfStartedAndNotStartedAreHandedBack() throws Exception {
        Bench worker = bench(true, false);
        CountDownLatch hanging = hang(SLOTS);
        worker.claim(0, SLOTS - 1, null);
        worker.claim(1, 8, null);
        worker.claim(2, 2, null);
        hanging.await();
        worker.slots.stopClaiming();
        assertFalse(worker.slots.awaitIdle(Duration.ZERO));
        worker.generator.handBack("the worker stops", false, Duration.ZERO);
        worker.awaitIdle();
        assertEquals(Map.of("HandedBack", 3L), worker.outcomes());
        assertEquals(SLOTS, engine.rids().size(), "nothing started in the freed slots");
    }

    @Test
    void aGroupBeingTokenizedIsHandedBack() throws Exception {
        Bench worker = bench(true, true);
        CountDownLatch hanging = hang(1);
        worker.claim(0, 2, null);
        hanging.await();
        worker.generator.handBack("the worker stops", false, Duration.ZERO);
        worker.awaitIdle();
        assertEquals(Map.of("HandedBack", 1L), worker.outcomes());
    }

    @Test
    void aGroupWhoseResultIsOnItsWayIsNotHandedBack() throws Exception {
        Bench worker = bench(false, false);
        worker.claim(0, 1, null);
        while (worker.kafka.history().isEmpty()) {
            Thread.onSpinWait();
        }
        worker.generator.handBack("the worker stops", false, Duration.ZERO);
        assertEquals(1, worker.table.size(), "held until its receipt is durable");
        while (worker.table.size() > 0) {
            worker.kafka.completeNext();
        }
        worker.awaitIdle();
        assertEquals(Map.of("Success", 1L), worker.outcomes());
    }

    @Test
    void aHandBackAtAnyMomentEndsEachGroupExactlyOnce() throws Exception {
        long seed = 20261123;
        for (int round = 0; round < 150; round++) {
            Random random = new Random(seed + round);
            boolean tokenize = random.nextBoolean();
            boolean keeps = random.nextBoolean();
            Bench worker = new Bench(true, tokenize);
            int groups = 1 + random.nextInt(6);
            int answers = random.nextInt(12);
            Semaphore go = new Semaphore(answers);
            IntStream.range(0, 60)
                    .forEach(i -> engine.then(() -> {
                        go.acquire();
                        return TestingEngine.answer();
                    }));
            CountDownLatch begin = new CountDownLatch(1);
            Thread stopper = Thread.ofVirtual().start(() -> {
                try {
                    begin.await();
                    worker.generator.handBack("the worker stops", keeps, Duration.ofMillis(1));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            for (int group = 0; group < groups; group++) {
                if (group == groups / 2) {
                    begin.countDown();
                }
                worker.claim(group, 1 + random.nextInt(5), random.nextBoolean() ? null : 1L + random.nextInt(5));
            }
            stopper.join();
            // As the wiring does it: claiming has ended by now.
            worker.generator.handBack("the worker stops", keeps, Duration.ofMillis(1));
            worker.awaitIdle();
            assertEquals(
                    groups,
                    worker.outcomes().values().stream()
                            .mapToLong(Long::longValue)
                            .sum(),
                    "seed " + (seed + round));
            worker.close();
            engine.forget();
        }
    }
}
