package io.millrace.worker.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.testing.RecordingFatal;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.worker.attempt.TestingTasks;
import io.millrace.worker.inflight.HeldAttempt;
import io.millrace.worker.inflight.InFlightTable;
import io.millrace.worker.publish.DeadLetters;
import io.millrace.worker.publish.ResultPublisher;
import io.millrace.worker.publish.ResultRecords;
import io.millrace.worker.publish.StatusWatch;
import io.millrace.worker.slots.SlotSettings;
import io.millrace.worker.slots.Slots;
import io.millrace.worker.weights.WeightsGate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockShareConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Turn by turn, on lanes in memory. */
class ClaimerTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("r"));
    private static final int PREFETCH = 2;

    private final ManualTicker ticker = new ManualTicker();
    private final ManualClock clock = new ManualClock();
    private final Health health = new Health(clock, ticker);
    private final RecordingFatal fatal = new RecordingFatal();
    private final MockProducer<byte[], byte[]> kafka =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final Slots<HeldAttempt> slots = new Slots<>(new SlotSettings(8, 0.25, PREFETCH, 64));
    private final InFlightTable table = new InFlightTable();
    private final WeightsGate gate = new WeightsGate(Duration.ofMinutes(10), ticker);
    private final StatusWatch statuses = new StatusWatch(Duration.ofSeconds(6), ticker);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ResultPublisher publisher = new ResultPublisher(
            kafka,
            TOPICS,
            new ResultRecords(TOPICS.results(GroupKind.TRAINING), 1, 1 << 20, 1 << 20),
            new ResultRecords(TOPICS.results(GroupKind.TRAINING), 1, 1 << 20, 1 << 20),
            new ResultRecords(TOPICS.partials(), 1, 1 << 20, 1 << 20),
            WorkerIncarnation.start("w"),
            registry,
            ticker,
            Duration.ofMinutes(10),
            fatal);
    private final Map<Lane, Deque<byte[]>> waiting = new EnumMap<>(Map.of(
            Lane.URGENT, new ArrayDeque<>(),
            Lane.TRAINING, new ArrayDeque<>()));
    private final List<Lane> polled = new ArrayList<>();
    private final List<AcknowledgeType> acknowledged = new ArrayList<>();
    private final List<Long> begun = new ArrayList<>();
    private int clients;
    private Claimer claimer;

    /** A lane's consumer: a record a poll. */
    private final class Consumer extends MockShareConsumer<byte[], byte[]> {
        private final Lane lane;

        Consumer(Lane lane) {
            this.lane = lane;
        }

        @Override
        public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            polled.add(lane);
            byte[] value = waiting.get(lane).pollFirst();
            if (value == null) {
                return ConsumerRecords.empty();
            }
            TopicPartition partition = new TopicPartition(TOPICS.lane(lane), 0);
            return new ConsumerRecords<>(
                    Map.of(partition, List.of(new ConsumerRecord<>(partition.topic(), 0, 0, null, value))), Map.of());
        }

        @Override
        public synchronized void acknowledge(ConsumerRecord<byte[], byte[]> record, AcknowledgeType type) {
            acknowledged.add(type);
        }
    }

    @BeforeEach
    void start() {
        SequencedMap<Lane, LaneConsumer> lanes = new LinkedHashMap<>();
        for (Lane lane : List.of(Lane.URGENT, Lane.TRAINING)) {
            lanes.put(
                    lane,
                    new LaneConsumer(
                            () -> {
                                clients++;
                                return new LaneConsumer.Client(new Consumer(lane), () -> {});
                            },
                            statuses,
                            ticker));
        }
        claimer = new Claimer(
                "claim",
                lanes,
                new Claimer.Refusals(publisher, new DeadLetters(kafka, TOPICS, Duration.ofSeconds(5))),
                slots,
                table,
                attempt -> {
                    slots.preparing(attempt.lane());
                    begun.add(attempt.task().groupIndex().value());
                },
                new Claimer.Gates(gate, statuses),
                Duration.ZERO,
                clock,
                ticker,
                health,
                registry);
        statuses.taken();
    }

    @AfterEach
    void end() throws Exception {
        publisher.close(Duration.ofSeconds(10));
        assertEquals(List.of(), fatal.reports());
    }

    private void publish(Lane lane, TrainingTask task) {
        waiting.get(lane).add(ControlCodec.encode(task));
    }

    private static TrainingTask task(long index) {
        return TestingTasks.task(index, 2, null);
    }

    private Health.Part part() {
        Health.Part part = health.parts().get("claim");
        assertNotNull(part);
        return part;
    }

    @Test
    void theUrgentLaneIsAskedFirst() throws Exception {
        publish(Lane.TRAINING, task(1));
        publish(Lane.URGENT, task(7));
        claimer.runOnce();
        assertEquals(List.of(7L), begun);
        claimer.runOnce();
        assertEquals(List.of(7L, 1L), begun);
        assertEquals(List.of(Lane.URGENT, Lane.URGENT, Lane.TRAINING), polled);
        assertEquals(List.of(AcknowledgeType.ACCEPT, AcknowledgeType.ACCEPT), acknowledged);
        assertEquals(2, table.size());
    }

    @Test
    void withoutRoomForAGroupNothingIsPolled() throws Exception {
        for (int i = 0; i < PREFETCH + 3; i++) {
            publish(Lane.TRAINING, task(i));
            claimer.runOnce();
        }
        assertEquals(PREFETCH, begun.size());
        assertEquals("a free slot", part().detail());
        int polls = polled.size();
        claimer.runOnce();
        assertEquals(polls, polled.size());
    }

    @Test
    void nothingIsPolledWhileTheLedgerCannotKnowOfTheWorker() throws Exception {
        ticker.advance(Duration.ofSeconds(7));
        publish(Lane.TRAINING, task(1));
        claimer.runOnce();
        assertEquals(List.of(), polled);
        assertEquals(Health.State.BLOCKED, part().state());
        statuses.taken();
        claimer.runOnce();
        assertEquals(List.of(1L), begun);
    }

    @Test
    void nothingIsPolledWhileTheRunIsPaused() throws Exception {
        gate.news(new Policy(new Lineage(0), new WeightVersion(0), 0, Policy.State.PAUSED, 0));
        claimer.runOnce();
        assertEquals(List.of(), polled);
        assertEquals(Health.State.WAITING, part().state());
        gate.news(new Policy(new Lineage(0), new WeightVersion(0), 0, Policy.State.READY, 0));
        claimer.runOnce();
        assertEquals(List.of(Lane.URGENT, Lane.TRAINING), polled);
    }

    @Test
    void anAttemptThatIsHeldIsNotBegunTwice() throws Exception {
        publish(Lane.TRAINING, task(1));
        publish(Lane.TRAINING, task(1));
        claimer.runOnce();
        claimer.runOnce();
        assertEquals(List.of(1L), begun);
        assertEquals(List.of(AcknowledgeType.ACCEPT, AcknowledgeType.ACCEPT), acknowledged);
    }

    private void publishNewer(Lane lane, TrainingTask task) {
        String newer = new String(ControlCodec.encode(task), StandardCharsets.UTF_8).replaceFirst("\"v\":1", "\"v\":2");
        waiting.get(lane).add(newer.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aTaskOfANewerReleaseIsLeftToItsWorkersAndItsLaneIsAskedLessAndLess() throws Exception {
        publishNewer(Lane.TRAINING, task(1));
        publish(Lane.URGENT, task(7));
        claimer.runOnce();
        claimer.runOnce();
        assertEquals(List.of(AcknowledgeType.ACCEPT, AcknowledgeType.RELEASE), acknowledged);
        assertEquals(List.of(7L), begun, "what it knows is done meanwhile");
        assertEquals(List.of(), kafka.history(), "nothing of it is a dead letter");

        publish(Lane.TRAINING, task(2));
        claimer.runOnce();
        assertEquals(
                "nothing of training, whose tasks a newer release writes: TrainingTask has version 2, this reader knows 1",
                part().detail());
        assertEquals(Health.State.WAITING, part().state());
        ticker.advance(NewerTasks.WAIT_FIRST);
        statuses.taken();
        claimer.runOnce();
        assertEquals(List.of(7L, 2L), begun);
        // Known again: the next one that is not begins anew.
        publishNewer(Lane.TRAINING, task(3));
        slots.stopClaiming();
        assertEquals(3, acknowledged.size());
    }

    @Test
    void theWaitDoublesWhileTheTasksStayUnknownUpToItsLimit() {
        NewerTasks newer = new NewerTasks(ticker);
        Duration wait = NewerTasks.WAIT_FIRST;
        for (int i = 0; i < 6; i++) {
            newer.met(Lane.TRAINING, "v2");
            ticker.advance(wait.minusNanos(1));
            newer.known(Lane.TRAINING);
            assertTrue(newer.holds(Lane.TRAINING).isPresent());
            ticker.advance(Duration.ofNanos(1));
            assertTrue(newer.holds(Lane.TRAINING).isEmpty());
            wait = wait.compareTo(NewerTasks.WAIT_MAX) < 0 ? wait.multipliedBy(2) : wait;
        }
        assertEquals(NewerTasks.WAIT_MAX, wait);
    }

    @Test
    void whatIsNoTaskIsWrittenDownBeforeItGoes() throws Exception {
        waiting.get(Lane.TRAINING).add(new byte[] {1});
        claimer.runOnce();
        assertEquals(
                List.of(TOPICS.deadLetters()),
                kafka.history().stream().map(ProducerRecord::topic).toList());
        assertEquals(List.of(AcknowledgeType.REJECT), acknowledged);
    }

    @Test
    void aTaskThatNobodyCouldMakeFailsWithAReceipt() throws Exception {
        publish(Lane.TRAINING, TestingTasks.task(3, 5_000, null));
        claimer.runOnce();
        assertEquals(List.of(), begun);
        assertEquals(List.of(AcknowledgeType.ACCEPT), acknowledged);
        assertEquals(
                List.of(TOPICS.receipts(GroupKind.TRAINING)),
                kafka.history().stream().map(ProducerRecord::topic).toList());
    }

    @Test
    void whenTheClockWasSetTheConsumersAreBuiltAnewOnce() throws Exception {
        assertEquals(2, clients);
        claimer.clockStepped();
        claimer.runOnce();
        claimer.runOnce();
        assertEquals(4, clients);
    }

    @Test
    void consumersWhosePollsNobodyAnswersAreBuiltAnew() throws Exception {
        claimer.runOnce();
        for (int second = 0; second <= 60; second++) {
            assertEquals(2, clients);
            ticker.advance(Duration.ofSeconds(1));
            statuses.taken();
            claimer.runOnce();
        }
        assertEquals(4, clients);
        assertEquals(Health.State.BLOCKED, part().state());
        assertTrue(part().detail().contains("the broker"), part()::detail);
    }
}
