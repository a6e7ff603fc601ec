package io.millrace.producer.testing;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.record.ControlRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Topics of one partition each, that any number of clients write and read. They know no transactions: what is sent stands
 * at once, also where the commit fails. Not thread-safe.
 */
public final class InMemoryTopics {
    private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> logs = new HashMap<>();
    private @Nullable KafkaException commitFailure;

    /** The next commit of any writer fails with this, though its records stand. */
    public void failNextCommit(KafkaException failure) {
        commitFailure = failure;
    }

    private List<ConsumerRecord<byte[], byte[]>> log(TopicPartition partition) {
        return logs.computeIfAbsent(partition, _ -> new ArrayList<>());
    }

    public long end(String topic) {
        return log(new TopicPartition(topic, 0)).size();
    }

    /** Loses what stands from this offset on. */
    public void truncate(String topic, long end) {
        List<ConsumerRecord<byte[], byte[]>> log = log(new TopicPartition(topic, 0));
        log.subList((int) end, log.size()).clear();
    }

    /** Returns the offset. */
    public long append(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        List<ConsumerRecord<byte[], byte[]>> log = log(new TopicPartition(topic, 0));
        log.add(new ConsumerRecord<>(topic, 0, log.size(), key, value));
        return log.size() - 1L;
    }

    public long append(String topic, String key, ControlRecord record) {
        return append(topic, KafkaClients.key(key), ControlCodec.encode(record));
    }

    /** What stands on a topic, decoded. */
    public <T extends ControlRecord> List<T> records(String topic, Class<T> type) throws BadRecordException {
        List<T> records = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : log(new TopicPartition(topic, 0))) {
            records.add(ControlCodec.decode(record.value(), type));
        }
        return records;
    }

    public MockProducer<byte[], byte[]> producer() {
        return new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
            @Override
            public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
                var _ = super.send(record);
                long offset = append(record.topic(), record.key(), record.value());
                TopicPartition partition = new TopicPartition(record.topic(), 0);
                return CompletableFuture.completedFuture(new RecordMetadata(partition, offset, 0, 0, 0, 0));
            }

            @Override
            public void commitTransaction() {
                KafkaException failure = commitFailure;
                commitFailure = null;
                if (failure != null) {
                    throw failure;
                }
                super.commitTransaction();
            }
        };
    }

    public MockConsumer<byte[], byte[]> consumer() {
        return new MockConsumer<>("earliest") {
            @Override
            public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
                for (TopicPartition partition : assignment()) {
                    updateBeginningOffsets(Map.of(partition, 0L));
                    List<ConsumerRecord<byte[], byte[]>> log = log(partition);
                    IntStream.range((int) position(partition), log.size())
                            .forEach(offset -> addRecord(log.get(offset)));
                }
                return super.poll(timeout);
            }

            @Override
            public synchronized Map<TopicPartition, Long> beginningOffsets(
                    Collection<TopicPartition> partitions, Duration timeout) {
                Map<TopicPartition, Long> offsets = new HashMap<>();
                partitions.forEach(partition -> offsets.put(partition, 0L));
                return offsets;
            }

            @Override
            public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions, Duration timeout) {
                Map<TopicPartition, Long> offsets = new HashMap<>();
                partitions.forEach(partition ->
                        offsets.put(partition, (long) log(partition).size()));
                return offsets;
            }

            @Override
            public synchronized List<PartitionInfo> partitionsFor(String topic, Duration timeout) {
                return List.of(new PartitionInfo(topic, 0, null, null, null));
            }
        };
    }
}
