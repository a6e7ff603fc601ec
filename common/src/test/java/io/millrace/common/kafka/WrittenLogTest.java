package io.millrace.common.kafka;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class WrittenLogTest {
    private static final TopicPartition STEPS = new TopicPartition("run.steps", 0);
    private static final TopicPartition POLICY = new TopicPartition("run.policy", 0);

    private final WrittenLog log = new WrittenLog();

    private static RecordMetadata at(TopicPartition partition, long offset) {
        return new RecordMetadata(partition, offset, 0, 0, 0, 0);
    }

    @Test
    void aRecordThatDoesNotStandAboveAllBeforeItShowsThatTheLogHasLostThem() {
        log.written(at(STEPS, 4));
        log.written(at(STEPS, 5));
        // Behind a transaction's end.
        log.written(at(STEPS, 7));
        String message = assertThrows(TruncatedLogException.class, () -> log.written(at(STEPS, 7)))
                .getMessage();
        assertTrue(
                message.contains("run.steps-0 was written up to offset 8, the next record went to offset 7"), message);
    }

    @Test
    void whatEarlierWritersWroteCountsAndEachPartitionByItself() {
        log.endsAt(STEPS, 10);
        log.written(at(POLICY, 0));
        log.written(at(STEPS, 10));
        log.endsAt(POLICY, 6);
        assertThrows(TruncatedLogException.class, () -> log.written(at(POLICY, 5)));
    }
}
