package io.millrace.producer.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.RunId;
import io.millrace.common.record.AbandonedMarker;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.ledger.Events;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.RecoveryLimits;
import io.millrace.producer.ledger.Reissues;
import io.millrace.producer.ledger.group.GroupState;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.PublishedTask;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.queue.QueueLag;
import io.millrace.producer.queue.QueueWatch;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.testing.InMemoryLane;
import io.millrace.producer.testing.InMemoryTopics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One kind's groups from their lane to their next attempt or their end. */
class GroupStreamTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int BATCH = 10;

    private final RunTopics topics = new RunTopics(new RunId("r"));
    private final InMemoryTopics broker = new InMemoryTopics();
    private final ManualTicker ticker = new ManualTicker();
    private final Liveness liveness = new Liveness(Duration.ofSeconds(2), Duration.ofSeconds(2));
    private final Map<Lane, InMemoryLane> lanes = new EnumMap<>(Lane.class);

    private final Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
    private final QueueLag lag = new QueueLag(this::commit, topics, new SimpleMeterRegistry(), ticker);

    private KafkaFuture<Void> commit(String group, Map<TopicPartition, Long> offsets) {
        committed.put(group, offsets);
        return KafkaFuture.completedFuture(null);
    }

    /** The lag that any tool shows of a lane, once the broker has been asked. */
    private long lagOf(GroupStream stream, String group, Lane lane) throws Exception {
        ticker.advance(Duration.ofSeconds(2));
        stream.takeQueues(lag);
        stream.takeQueues(lag);
        lag.turn();
        lag.turn();
        String topic = topics.lane(lane);
        return broker.end(topic) - Objects.requireNonNull(committed.get(group)).get(new TopicPartition(topic, 0));
    }

    private GroupStream stream(GroupKind kind) {
        Map<Lane, GroupStream.LaneEdge> edges = new EnumMap<>(Lane.class);
        for (Lane lane : Lane.of(kind)) {
            String topic = topics.lane(lane);
            InMemoryLane offsets = new InMemoryLane(() -> broker.end(topic));
            lanes.put(lane, offsets);
            edges.put(
                    lane,
                    new GroupStream.LaneEdge(
                            new QueueWatch(offsets, topic, ticker, Duration.ofSeconds(2)),
                            new PromptLog(broker::consumer, topic, LIMIT, (record, reason) -> {})));
        }
        RunPublisher publisher = new RunPublisher(broker.producer(), topics, 1, 4096);
        publisher.open();
        return new GroupStream(
                new Ledger(kind, new Reissues(new RecoveryLimits(2, 2, 10_000, 60_000))),
                edges,
                Evaluations::again,
                publisher,
                new ProducerMetrics(new SimpleMeterRegistry(), () -> null),
                () -> 1,
                ticker);
    }

    private static Receipt failed(long group, long attempt) {
        return Events.failure(group, attempt);
    }

    private List<TrainingTask> onLane(Lane lane) throws Exception {
        return broker.records(topics.lane(lane), TrainingTask.class);
    }

    @ParameterizedTest
    @EnumSource
    void aFailedGroupIsIssuedAgainOnItsKindsLaneAsItWas(GroupKind kind) throws Exception {
        GroupStream stream = stream(kind);
        stream.issue(List.of(Events.task(0), Events.task(1)));
        stream.ledger().receipt(failed(1, 1), 0, 0);
        assertFalse(stream.recover(Policy.initial(), liveness, BATCH));
        TrainingTask again = onLane(Lane.later(kind)).getLast();
        assertEquals(new GroupIndex(1), again.groupIndex());
        assertEquals(new Attempt(2), again.attempt());
        assertEquals(Events.task(1).prompt(), again.prompt());
        assertEquals(1, again.history().failures());
        assertEquals(
                GroupState.Kind.QUEUED, stream.ledger().state(new GroupIndex(1)).kind());
    }

    @ParameterizedTest
    @EnumSource
    void aGroupThatHasUsedUpItsAttemptsIsGivenUpOnItsKindsTopics(GroupKind kind) throws Exception {
        GroupStream stream = stream(kind);
        stream.issue(List.of(Events.task(0)));
        for (long attempt = 1; attempt <= 2; attempt++) {
            stream.ledger().receipt(failed(0, attempt), attempt, 0);
            stream.recover(Policy.initial(), liveness, BATCH);
        }
        assertEquals(
                new GroupIndex(0),
                broker.records(topics.results(kind), AbandonedMarker.class)
                        .getFirst()
                        .groupIndex());
        assertEquals(
                Receipt.abandoned(new GroupIndex(0), new Attempt(3), 0, 0),
                broker.records(topics.receipts(kind), Receipt.class).getFirst());
        assertEquals(
                kind == GroupKind.TRAINING ? 1 : 0,
                broker.records(topics.deadLetters(), DeadLetter.class).size());
        assertEquals(
                GroupState.Kind.ABANDONING,
                stream.ledger().state(new GroupIndex(0)).kind());
    }

    @Test
    void aGroupWhoseTaskIsGoneAndCannotBeMadeAnewIsLeftAlone() throws Exception {
        GroupStream stream = stream(GroupKind.EVALUATION);
        stream.issue(List.of(Events.task(0)));
        broker.truncate(topics.lane(Lane.EVALUATION), 0);
        stream.ledger().receipt(failed(0, 1), 0, 0);
        assertFalse(stream.recover(Policy.initial(), liveness, BATCH));
        assertEquals(List.of(), onLane(Lane.EVALUATION));
        assertEquals(
                GroupState.Kind.FAILED, stream.ledger().state(new GroupIndex(0)).kind());
    }

    @Test
    void noMoreThanABatchIsIssuedAgainAtOnceAndTheRestIsSaid() throws Exception {
        GroupStream stream = stream(GroupKind.TRAINING);
        stream.issue(List.of(Events.task(0), Events.task(1), Events.task(2)));
        for (long group = 0; group < 3; group++) {
            stream.ledger().receipt(failed(group, 1), group, 0);
        }
        assertTrue(stream.recover(Policy.initial(), liveness, 2));
        assertEquals(2, onLane(Lane.URGENT).size());
        assertFalse(stream.recover(Policy.initial(), liveness, 2));
        assertEquals(3, onLane(Lane.URGENT).size());
        assertFalse(stream.recover(Policy.initial(), liveness, 2));
        assertEquals(3, onLane(Lane.URGENT).size());
    }

    @Test
    void whatTheShareGroupsHaveClaimedHasLeftItsQueue() throws Exception {
        GroupStream stream = stream(GroupKind.TRAINING);
        stream.issue(List.of(Events.task(0), Events.task(1)));
        lanes.get(Lane.TRAINING).claimed(1, 1);
        stream.takeQueues(lag);
        stream.takeQueues(lag);
        assertEquals(
                GroupState.Kind.IN_FLIGHT,
                stream.ledger().state(new GroupIndex(0)).kind());
        assertEquals(
                GroupState.Kind.QUEUED, stream.ledger().state(new GroupIndex(1)).kind());
    }

    @Test
    void theLagOfALaneIsWhatNobodyHasTakenAndZeroIsShownAsZero() throws Exception {
        GroupStream stream = stream(GroupKind.TRAINING);
        String queue = topics.queueLagGroup();
        stream.issue(List.of(Events.task(0), Events.task(1), Events.task(2)));
        assertEquals(3, lagOf(stream, queue, Lane.TRAINING), "before any worker");
        assertEquals(0, lagOf(stream, queue, Lane.URGENT), "an empty lane");
        lanes.get(Lane.TRAINING).claimed(0, 4);
        stream.ledger().workerStatus(Events.status(Events.WORKER, 1, List.of(1L)), 0);
        assertEquals(
                2, lagOf(stream, queue, Lane.TRAINING), "one taken behind another, a marker that the broker counts");
        lanes.get(Lane.TRAINING).claimed(0, 1);
        assertEquals(1, lagOf(stream, queue, Lane.TRAINING), "what the broker knows before a worker says it");
        lanes.get(Lane.TRAINING).claimed(0, 0);
        assertEquals(0, lagOf(stream, queue, Lane.TRAINING));
        stream.ledger().receipt(failed(1, 1), 0, 0);
        stream.recover(Policy.initial(), liveness, BATCH);
        assertEquals(1, lagOf(stream, queue, Lane.URGENT), "issued again");
    }

    @Test
    void tasksPublishedSinceTheBrokerWasAskedCountAsWaiting() throws Exception {
        GroupStream stream = stream(GroupKind.TRAINING);
        stream.issue(List.of(Events.task(0)));
        lanes.get(Lane.TRAINING).claimed(1, 0);
        stream.takeQueues(lag);
        stream.issue(List.of(Events.task(1), Events.task(2)));
        stream.takeQueues(lag);
        lag.turn();
        assertEquals(
                broker.end(topics.lane(Lane.TRAINING)) - 2,
                Objects.requireNonNull(committed.get(topics.queueLagGroup()))
                        .get(new TopicPartition(topics.lane(Lane.TRAINING), 0)));
    }

    @Test
    void theUnfinishedAreThoseThatWaitThoseInFlightAndThoseToBeIssuedAgain() throws Exception {
        GroupStream stream = stream(GroupKind.TRAINING);
        stream.issue(List.of(Events.task(0), Events.task(1), Events.task(2), Events.task(3)));
        stream.ledger().receipt(failed(0, 1), 0, 0);
        stream.ledger().workerStatus(Events.status(Events.WORKER, 1, List.of(1L, 2L)), 0);
        stream.ledger().receipt(Events.success(2, 1), 1, 0);
        assertEquals(3, lagOf(stream, topics.unfinishedLagGroup(), Lane.TRAINING));
    }

    @Test
    void aLaterAttemptOfAGroupThatWasNeverPublishedIsPassedOver() throws Exception {
        GroupStream stream = stream(GroupKind.TRAINING);
        TrainingTask later = Events.task(7, 2, null);
        stream.stands(Lane.URGENT, new PublishedTask(later, 0));
        assertNull(stream.ledger().state(new GroupIndex(7)));
        assertEquals(1, stream.end(Lane.URGENT));
    }
}
