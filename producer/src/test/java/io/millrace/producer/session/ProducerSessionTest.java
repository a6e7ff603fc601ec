package io.millrace.producer.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.session.FencedException;
import io.millrace.common.topics.Lane;
import io.millrace.producer.InMemoryProducer;
import io.millrace.producer.ledger.Events;
import io.millrace.producer.status.AdmissionWait;
import io.millrace.producer.status.ProducerStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Taking the run over and turning, by hand, against topics in memory. */
class ProducerSessionTest {
    /** Batches of 2 groups, one step a version, one version ahead: so many before any is trained. */
    private static final int ADMITTED = 4;

    @TempDir
    Path folder;

    private InMemoryProducer producer;
    private ProducerSession session;

    @BeforeEach
    void start() throws Exception {
        producer = new InMemoryProducer(folder, Map.of());
        session = producer.session();
    }

    @AfterEach
    void end() {
        session.close();
        producer.close();
    }

    private List<Long> published(Lane lane) throws Exception {
        return producer.broker().records(producer.topics.lane(lane), TrainingTask.class).stream()
                .map(task -> task.groupIndex().value())
                .toList();
    }

    private ProducerStatus status() {
        ProducerStatus newest = producer.status.get();
        assertNotNull(newest);
        return newest;
    }

    private void turns(int turns) throws Exception {
        for (int turn = 0; turn < turns; turn++) {
            producer.ticker.advance(Duration.ofMillis(200));
            session.turn();
        }
    }

    private void working(List<Long> held) {
        WorkersRecord.Status status = Events.status(new WorkerIncarnation("w", "1"), producer.ticker.nanos(), held);
        producer.broker().append(producer.topics.workers(), status.worker().key(), status);
    }

    @Test
    void anEmptyRunBeginsAtGroupZeroWithItsRecordAndItsHeartbeat() throws Exception {
        session.open();
        assertEquals(
                1,
                producer.broker()
                        .records(producer.topics.runRecord(), RunRecord.class)
                        .size());
        assertEquals(
                1,
                producer.broker()
                        .records(producer.topics.workers(), WorkersRecord.class)
                        .size());
        assertEquals(0, status().nextIndex());
        assertEquals(List.of(), published(Lane.TRAINING));
    }

    @Test
    void whatItPublishesIsShownAsConsumerLag() throws Exception {
        session.open();
        turns(40);
        TopicPartition prompts = new TopicPartition(producer.topics.lane(Lane.TRAINING), 0);
        long end = producer.broker().end(prompts.topic());
        assertEquals(
                end - ADMITTED,
                producer.lagOffsets.get(producer.topics.queueLagGroup()).get(prompts));
        assertEquals(
                end - ADMITTED,
                producer.lagOffsets.get(producer.topics.unfinishedLagGroup()).get(prompts));
    }

    @Test
    void transactionsWithoutAnEndAreLookedForOnAllTopicsThatItAloneWrites() throws Exception {
        session.open();
        Set<String> names = producer.searched().stream()
                .map(TopicPartition::topic)
                .map(topic -> topic.substring("r.".length()))
                .collect(Collectors.toSet());
        assertEquals(
                Set.of(
                        "prompts",
                        "prompts.urgent",
                        "prompts.eval",
                        "results",
                        "eval-results",
                        "receipts",
                        "eval-receipts",
                        "run",
                        "evals"),
                names);
    }

    @Test
    void itPublishesWhatAdmissionAllowsAndThenSaysWhatItWaitsFor() throws Exception {
        session.open();
        session.turn();
        assertEquals(List.of(0L, 1L, 2L, 3L), published(Lane.TRAINING));
        session.turn();
        assertEquals(ADMITTED, published(Lane.TRAINING).size());
        assertTrue(String.valueOf(status().waitingFor()).startsWith("capacity: 4 groups published, 4 admitted"));
        assertEquals(
                Health.State.WAITING,
                producer.health.parts().get(AdmissionWait.PART).state());
    }

    @Test
    void theNextSessionGoesOnWhereTheTopicsEnd() throws Exception {
        session.open();
        session.turn();
        producer.broker().append(producer.topics.steps(), "0", Events.discard(0, new StepRecord.Totals(0, 1, 0, 1)));
        ProducerSession next = producer.session();
        next.open();
        assertEquals(4, status().nextIndex());
        assertEquals(3, status().queued());
        next.turn();
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L), published(Lane.TRAINING));
        next.close();
    }

    @Test
    void anotherDataOrderIsRefusedBeforeAnybodyIsFenced() throws Exception {
        session.open();
        session.turn();
        long heartbeats = producer.broker().end(producer.topics.workers());
        try (InMemoryProducer other = new InMemoryProducer(folder, Map.of("seed", "7"), producer)) {
            ProducerSession mistaken = other.session();
            assertThrows(SettingException.class, mistaken::open);
            mistaken.close();
        }
        assertEquals(heartbeats, producer.broker().end(producer.topics.workers()));
    }

    @Test
    void theOlderOfTwoProducersEndsAtItsNextTurn() throws Exception {
        session.open();
        try (InMemoryProducer other = new InMemoryProducer(folder, Map.of(), producer)) {
            ProducerSession newer = other.session();
            newer.open();
            assertThrows(FencedException.class, session::turn);
            newer.turn();
            assertThrows(FencedException.class, producer.session()::open, "nor does it take it back");
            newer.close();
        }
    }

    @Test
    void aGroupThatNoLivingWorkerNamesIsIssuedAgainOnceTheHeartbeatIsHeard() throws Exception {
        session.open();
        session.turn();
        working(List.of(0L));
        turns(10);
        working(List.of());
        turns(100);
        assertEquals(List.of(0L), published(Lane.URGENT));
        TrainingTask again = producer.broker()
                .records(producer.topics.lane(Lane.URGENT), TrainingTask.class)
                .getFirst();
        assertEquals(new Attempt(2), again.attempt());
        assertEquals(1, again.history().losses());
        assertTrue(status().caughtUp());
    }

    @Test
    void aHeartbeatThatIsNotHeardStopsTheClocksOfLostGroups() throws Exception {
        session.open();
        session.turn();
        working(List.of(0L));
        turns(10);
        working(List.of());
        for (int turn = 0; turn < 10; turn++) {
            producer.ticker.advance(Duration.ofSeconds(9));
            session.turn();
        }
        assertEquals(List.of(), published(Lane.URGENT));
        assertFalse(status().caughtUp());
    }

    @Test
    void aRecordThatCannotBeReadGetsOneDeadLetterOverAllSessions() throws Exception {
        session.open();
        producer.broker().append(producer.topics.receipts(GroupKind.EVALUATION), null, new byte[] {1});
        turns(3);
        assertEquals(
                1,
                producer.broker()
                        .records(producer.topics.deadLetters(), DeadLetter.class)
                        .size());
        ProducerSession next = producer.session();
        next.open();
        producer.ticker.advance(Duration.ofSeconds(1));
        next.turn();
        assertEquals(
                1,
                producer.broker()
                        .records(producer.topics.deadLetters(), DeadLetter.class)
                        .size());
        next.close();
    }

    @Test
    void aReceiptThatIsReadIsAFactOfItsKindOnly() throws Exception {
        session.open();
        session.turn();
        producer.broker().append(producer.topics.receipts(GroupKind.EVALUATION), "0", Events.success(0, 1));
        producer.broker().append(producer.topics.receipts(GroupKind.TRAINING), "1", Events.success(1, 1));
        session.turn();
        assertEquals(1, status().finished());
        assertEquals(3, status().queued());
    }

    @Test
    void aLaneThatLosesItsTailEndsTheSession() throws Exception {
        session.open();
        session.turn();
        producer.broker().truncate(producer.topics.lane(Lane.TRAINING), 3);
        assertThrows(TruncatedLogException.class, () -> turns(50));
        ProducerSession next = producer.session();
        next.open();
        assertEquals(3, status().nextIndex());
        next.turn();
        assertEquals(new GroupIndex(3).value(), published(Lane.TRAINING).getLast());
        next.close();
    }
}
