package io.millrace.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.StepLedger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code steps} and {@code policy} that have lost different parts of one transaction; against Kafka's own in-memory client. */
class StepsReaderTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("run"));
    private static final Capacity CAPACITY = new Capacity(1, 1, 1);
    private static final Policy FIRST = new Policy(new Lineage(0), new WeightVersion(1), 0, Policy.State.READY, 4);

    private final Map<TopicPartition, List<ControlRecord>> logs = Map.of(
            new TopicPartition(TOPICS.steps(), 0),
            new ArrayList<>(),
            new TopicPartition(TOPICS.policy(), 0),
            new ArrayList<>());
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    private final StepsReader reader =
            new StepsReader(TOPICS, new PartitionReader(new TopicTail(consumer), Duration.ofSeconds(5)));
    private final StepLedger ledger = new StepLedger(CAPACITY);
    /** Of the acknowledgement. */
    private Policy second = Policy.initial();

    private List<ControlRecord> log(String topic) {
        return logs.getOrDefault(new TopicPartition(topic, 0), List.of());
    }

    /** A version is announced, and a step leads to the next. */
    @BeforeEach
    void train() {
        StepLedger before = new StepLedger(CAPACITY);
        before.fold(FIRST);
        StepRecord.Lease lease = before.lease(
                new StepNumber(0),
                List.of(new ManifestEntry(new GroupIndex(0), new Attempt(1), new WeightVersion(0), 0, List.of(0L))),
                null,
                new LeaseId("00000000000000aa"),
                5);
        log(TOPICS.steps()).add(lease);
        log(TOPICS.steps())
                .add(assertInstanceOf(
                                AckDecision.Acknowledged.class,
                                before.acknowledge(lease.token(), new WeightVersion(2), null, 6))
                        .records()
                        .getFirst());
        log(TOPICS.policy()).add(FIRST);
        second = before.policy();
    }

    private Policy folded() throws Exception {
        logs.forEach((partition, records) -> {
            consumer.updateBeginningOffsets(Map.of(partition, 0L));
            consumer.updateEndOffsets(Map.of(partition, (long) records.size()));
        });
        consumer.schedulePollTask(new Runnable() {
            @Override
            public void run() {
                for (TopicPartition partition : consumer.assignment()) {
                    List<ControlRecord> records = logs.getOrDefault(partition, List.of());
                    for (long offset = consumer.position(partition); offset < records.size(); offset++) {
                        consumer.addRecord(new ConsumerRecord<>(
                                partition.topic(), 0, offset, new byte[0], ControlCodec.encode(records.get((int)
                                        offset))));
                    }
                }
                consumer.schedulePollTask(this);
            }
        });
        assertEquals(List.of(), reader.fold(ledger));
        return ledger.policy();
    }

    @Test
    void whatPolicySaysLastCountsWhereItFollows() throws Exception {
        Policy updating =
                new Policy(second.lineage(), second.weightVersion(), second.trainedGroups(), Policy.State.UPDATING, 7);
        log(TOPICS.policy()).addAll(List.of(second, updating));
        assertEquals(updating, folded());
    }

    @Test
    void aPolicyThatHasLostTheVersionOfAnAcknowledgementIsTheOneThatStepsTells() throws Exception {
        assertEquals(second, folded());
    }

    @Test
    void soIsOneThatHasLostEverything() throws Exception {
        log(TOPICS.policy()).clear();
        assertEquals(second, folded());
    }

    @Test
    void aPolicyThatOutlivedItsAcknowledgementIsTheOneThatStepsTells() throws Exception {
        log(TOPICS.steps()).removeLast();
        log(TOPICS.policy()).add(second);
        Policy told = folded();
        assertEquals(new WeightVersion(1), told.weightVersion(), "as the lease says");
        assertEquals(0, told.trainedGroups());
    }
}
