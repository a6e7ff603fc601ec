package io.millrace.worker.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.batch.RunAgreement;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RunRecord;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Against Kafka's own in-memory client. */
class PolicyFollowerTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("run"));
    private static final TopicPartition POLICY = new TopicPartition(TOPICS.policy(), 0);
    private static final TopicPartition RUN = new TopicPartition(TOPICS.runRecord(), 0);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final WeightsGate gate = new WeightsGate(Duration.ofMinutes(1), new ManualTicker());

    private static Optional<String> refusal(RunRecord run) {
        return RunAgreement.refusesWorker(run, 4, Duration.ofSeconds(2), Duration.ofSeconds(6));
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
        PolicyFollower follower = PolicyFollower.begin(
                new TopicTail(consumer),
                TOPICS,
                PolicyFollowerTest::refusal,
                gate,
                new Health(WallClock.system()),
                Duration.ofSeconds(5));
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
        PolicyFollower follower = PolicyFollower.begin(
                new TopicTail(consumer),
                TOPICS,
                PolicyFollowerTest::refusal,
                gate,
                new Health(WallClock.system()),
                Duration.ofSeconds(5));
        standsOfRun(2, "of-another-release");
        assertThrows(SettingException.class, follower::runOnce);
        follower.close();
    }
}
