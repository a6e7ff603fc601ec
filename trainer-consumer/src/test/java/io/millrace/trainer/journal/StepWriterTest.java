package io.millrace.trainer.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.id.RunId;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.session.Tenure;
import io.millrace.common.topics.RunTopics;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Against Kafka's own in-memory client, whose offsets begin at 0. */
class StepWriterTest {
    private static final RunTopics TOPICS = new RunTopics(new RunId("run"));
    private static final TopicPartition STEPS = new TopicPartition(TOPICS.steps(), 0);
    private static final TopicPartition POLICY = new TopicPartition(TOPICS.policy(), 0);

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final StepWriter writer = new StepWriter(TOPICS, Tenure.after(Tenure.NONE, 0), producer);

    @Test
    void whatGoesWhereRecordsStoodThatWereReadIsNotCommitted() {
        for (TopicPartition cut : List.of(STEPS, POLICY)) {
            MockProducer<byte[], byte[]> fresh =
                    new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
            StepWriter one = new StepWriter(TOPICS, Tenure.after(Tenure.NONE, 0), fresh);
            one.take();
            one.wasReadTo(cut, 1);
            assertThrows(
                    TruncatedLogException.class,
                    () -> one.write(List.of(new StepRecord.Skip(0, 7, "noise"), Policy.initial())));
            assertEquals(0, fresh.commitCount(), cut::toString);
        }
    }

    @Test
    void whatGoesBehindAllThatWasReadStands() {
        writer.take();
        writer.wasReadTo(STEPS, 0);
        writer.wasReadTo(POLICY, 0);
        writer.write(List.of(new StepRecord.Skip(0, 7, "noise"), Policy.initial()));
        writer.write(List.of(new StepRecord.Skip(0, 8, "noise")));
        assertEquals(2, producer.commitCount());
    }
}
