package io.millrace.worker.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.millrace.common.batch.RunAgreement;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RunRecord;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Against Kafka's own in-memory client, and one whose broker is away. */
class PolicyFollowerTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("run"));
    private static final TopicPartition POLICY = new TopicPartition(TOPICS.policy(), 0);
    private static final TopicPartition RUN = new TopicPartition(TOPICS.runRecord(), 0);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final WeightsGate gate = new WeightsGate(Duration.ofMinutes(1), new ManualTicker());

    private static Optional<String> refusal(RunRecord run) {
        return RunAgreement.refusesWorker(run, 4, 1, Duration.ofSeconds(2), Duration.ofSeconds(6));
    }

    private PolicyFollower begin(Consumer<byte[], byte[]> consumer, Health health, Duration limit)
            throws InterruptedException {
        return PolicyFollower.begin(
                new TopicTail(consumer), TOPICS, PolicyFollowerTest::refusal, gate, health, limit, Ticker.system());
    }

    /** What stands at an offset of the policy. */
    private void stands(long offset, long version) {
        Policy policy = new Policy(new Lineage(0), new WeightVersion(version), 0, Policy.State.READY, 0);
        consumer.addRecord(new ConsumerRecord<>(POLICY.topic(), 0, offset, new byte[0], ControlCodec.encode(policy)));
    }

    @Test
    void aPolicyThatHasLostItsTailIsReadAgainFromItsBeginning() throws Exception {
        consumer.updateBeginningOffsets(Map.of(POLICY, 0L, RUN, 0L));
        consumer.updateEndOffsets(Map.of(POLICY, 4L, RUN, 0L));
        consumer.schedulePollTask(() -> stands(3, 7));
        PolicyFollower follower = begin(consumer, new Health(WallClock.system()), Duration.ofSeconds(5));
        assertEquals(new WeightVersion(7), gate.policy().weightVersion());
        consumer.updateEndOffsets(Map.of(POLICY, 2L, RUN, 0L));
        consumer.setPollException(new OffsetOutOfRangeException(Map.of(POLICY, 4L)));
        follower.runOnce();
        assertEquals(0, consumer.position(POLICY));
        // Below where it had read: what the trainer consumer writes after the loss.
        stands(1, 6);
        follower.runOnce();
        assertEquals(new WeightVersion(6), gate.policy().weightVersion());
        follower.close();
    }

    private void standsOfRun(long offset, String rewardType) {
        RunRecord run = new RunRecord(RunRecord.FORMAT, 1, 1, 1, 1, 4, 1 << 20, "d", "s", rewardType, 10_000L);
        consumer.addRecord(new ConsumerRecord<>(RUN.topic(), 0, offset, new byte[0], ControlCodec.encode(run)));
    }

    @Test
    void atTheStartOnlyTheLastOfTheRunsRecordsIsJudged() throws Exception {
        consumer.updateBeginningOffsets(Map.of(POLICY, 0L, RUN, 0L));
        consumer.updateEndOffsets(Map.of(POLICY, 0L, RUN, 2L));
        consumer.schedulePollTask(() -> {
            standsOfRun(0, "of-another-release");
            standsOfRun(1, "math");
        });
        PolicyFollower follower = begin(consumer, new Health(WallClock.system()), Duration.ofSeconds(5));
        standsOfRun(2, "of-another-release");
        assertThrows(SettingException.class, follower::runOnce);
        follower.close();
    }

    @Test
    void aBrokerThatGoesSilentWhileThePolicyIsReadIsAskedAgain() throws Exception {
        consumer.updateBeginningOffsets(Map.of(POLICY, 0L, RUN, 0L));
        consumer.updateEndOffsets(Map.of(POLICY, 4L, RUN, 0L));
        consumer.setOffsetsException(new TimeoutException("nobody has said where the policy ends"));
        consumer.schedulePollTask(() -> stands(3, 7));
        Health health = new Health(WallClock.system());
        PolicyFollower follower = begin(consumer, health, Duration.ofSeconds(5));
        assertEquals(new WeightVersion(7), gate.policy().weightVersion());
        assertEquals(Health.State.RUNNING, state(health));
        follower.close();
    }

    @Test
    void aPolicyThatLosesItsTailWhileItIsReadIsReadAgain() throws Exception {
        consumer.updateBeginningOffsets(Map.of(POLICY, 0L, RUN, 0L));
        consumer.updateEndOffsets(Map.of(POLICY, 4L, RUN, 0L));
        consumer.schedulePollTask(() -> {
            consumer.setPollException(
                    new LogTruncationException(Map.of(POLICY, 4L), Map.of(POLICY, new OffsetAndMetadata(2))));
            consumer.updateEndOffsets(Map.of(POLICY, 2L, RUN, 0L));
        });
        consumer.schedulePollTask(() -> stands(1, 6));
        PolicyFollower follower = begin(consumer, new Health(WallClock.system()), Duration.ofSeconds(5));
        assertEquals(new WeightVersion(6), gate.policy().weightVersion());
        follower.close();
    }

    private static Health.State state(Health health) {
        Health.Part part = health.parts().get("weights");
        assertNotNull(part);
        return part.state();
    }

    @Test
    void theStartWaitsForABrokerThatNobodyHearsOfUntilItIsInterrupted() throws Exception {
        Health health = new Health(WallClock.system());
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                said.add(event.getFormattedMessage());
            }
        };
        Logger logger = (Logger) LoggerFactory.getLogger(PolicyFollower.class);
        appender.start();
        logger.addAppender(appender);
        // Nobody listens there.
        KafkaClients clients = KafkaClients.patient(new KafkaSettings("127.0.0.1:1", Map.of()), 1 << 20);
        try (Consumer<byte[], byte[]> real = clients.follower("test")) {
            Thread waiting = Thread.ofVirtual().start(() -> {
                try {
                    begin(real, health, Duration.ofMillis(100));
                } catch (InterruptedException | InterruptException e) {
                    said.add("interrupted");
                } catch (RuntimeException e) {
                    said.add("ended: " + e);
                }
            });
            String line = String.valueOf(said.poll(60, TimeUnit.SECONDS));
            assertTrue(line.startsWith("waits for the broker: "), line);
            assertEquals(Health.State.STARTING, state(health));
            waiting.interrupt();
            assertEquals("interrupted", said.poll(60, TimeUnit.SECONDS));
            waiting.join();
        } finally {
            logger.detachAppender(appender);
        }
    }
}
