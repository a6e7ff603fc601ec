package io.millrace.producer.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.GroupKind;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.topics.Lane;
import io.millrace.producer.InMemoryProducer;
import io.millrace.producer.status.ProducerStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sessions of a process, turned by hand. */
@Timeout(60)
class ProducerWorkTest {
    @TempDir
    Path folder;

    private InMemoryProducer producer;
    private ProducerWork work;
    private SessionLoop<ProducerSession> loop;

    @BeforeEach
    void start() throws Exception {
        producer = new InMemoryProducer(folder, Map.of());
        work = producer.work();
        loop = new SessionLoop<>(work, "the topics", producer.ticker, Duration.ZERO, Duration.ofHours(1));
    }

    @AfterEach
    void end() {
        loop.close();
        producer.close();
    }

    private Health.Part broker() {
        Health.Part part = producer.health.parts().get(ProducerSession.BROKER);
        assertNotNull(part);
        return part;
    }

    private ProducerStatus status() {
        ProducerStatus newest = producer.status.get();
        assertNotNull(newest);
        return newest;
    }

    private long published() {
        return producer.broker().end(producer.topics.lane(Lane.TRAINING));
    }

    @Test
    void theFirstTurnTakesTheRunAndPublishes() throws Exception {
        loop.runOnce();
        assertTrue(work.taken().isDone());
        assertEquals(
                Health.State.RUNNING,
                producer.health.parts().get(ProducerWork.PART).state());
        assertEquals(4, published());
    }

    @Test
    void aCommitOfUnknownOutcomeIsReadFromTheTopicsByTheNextSession() throws Exception {
        loop.runOnce();
        assertEquals(4, published());
        producer.broker().append(producer.topics.receipts(GroupKind.TRAINING), null, new byte[] {1});
        producer.broker().failNextCommit(new KafkaException("no answer"));
        producer.ticker.advance(Duration.ofSeconds(1));
        loop.runOnce();
        assertEquals("the broker: org.apache.kafka.common.KafkaException: no answer", broker().detail());
        assertEquals(broker().detail(), status().waitingFor());
        assertFalse(status().caughtUp());
        assertEquals(4, status().nextIndex());
        loop.runOnce();
        assertTrue(String.valueOf(status().waitingFor()).startsWith("capacity"), status()::waitingFor);
        assertEquals(4, published());
        assertEquals(1, producer.broker().end(producer.topics.deadLetters()), "it stands, and is not written again");
    }

    @Test
    void aClientThatCannotBeMadeForNowIsWaitedFor() throws Exception {
        producer.refuse(new KafkaException("too many files"));
        loop.runOnce();
        assertFalse(work.taken().isDone());
        assertEquals(Health.State.BLOCKED, broker().state());
        assertTrue(broker().detail().contains("too many files"), broker().detail());
        producer.refuse(null);
        loop.runOnce();
        assertTrue(work.taken().isDone());
    }

    @Test
    void aSettingThatNoWaitMendsEndsTheLoop() throws Exception {
        loop.runOnce();
        try (InMemoryProducer other = new InMemoryProducer(folder, Map.of("seed", "7"), producer)) {
            SessionLoop<ProducerSession> mistaken = new SessionLoop<>(other.work(), "the topics", other.ticker);
            assertThrows(SettingException.class, mistaken::runOnce);
            mistaken.close();
        }
    }
}
