package io.millrace.trainer.evaluate;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.topics.RunTopics;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Writes requests and reports. No transaction: of each kind the first of an id counts, so what two trainer consumers
 * write at once, while one replaces the other, comes to one. Thread-safe.
 *
 * @param producer idempotent; whoever made it closes it
 */
record EvalWriter(Producer<byte[], byte[]> producer, RunTopics topics) {
    /** Done when it is durable. */
    Future<RecordMetadata> send(EvalRecord record) {
        return producer.send(new ProducerRecord<>(
                topics.evals(), 0, KafkaClients.key(record.evalId()), ControlCodec.encode(record)));
    }
}
