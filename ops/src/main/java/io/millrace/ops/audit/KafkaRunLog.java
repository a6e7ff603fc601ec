package io.millrace.ops.audit;

import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** The topics on the cluster. Does not own its clients. */
final class KafkaRunLog implements RunLog {
    private final Admin admin;
    private final PartitionReader reader;
    private final RunTopics topics;
    private final Duration limit;

    /** @param limit how long the broker may take to answer, each call */
    KafkaRunLog(Admin admin, PartitionReader reader, RunTopics topics, Duration limit) {
        this.admin = admin;
        this.reader = reader;
        this.topics = topics;
        this.limit = limit;
    }

    @Override
    public List<TopicPartition> partitions(String topic) {
        return reader.partitions(topic);
    }

    @Override
    public End end(TopicPartition partition) throws Exception {
        long committed = reader.end(partition);
        long written = answer(admin.listOffsets(
                                Map.of(partition, OffsetSpec.latest()),
                                new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                        .partitionResult(partition))
                .offset();
        return new End(committed, Math.max(committed, written));
    }

    @Override
    public long begin(TopicPartition partition) {
        return reader.begin(partition);
    }

    @Override
    public void read(TopicPartition partition, long from, long to, Consumer<ConsumerRecord<byte[], byte[]>> handler)
            throws Exception {
        reader.read(partition, from, to, handler);
    }

    @Override
    public Optional<Long> queueStart(Lane lane) throws Exception {
        String group = topics.shareGroup(lane);
        TopicPartition only = new TopicPartition(topics.lane(lane), 0);
        ListShareGroupOffsetsSpec spec = new ListShareGroupOffsetsSpec().topicPartitions(List.of(only));
        try {
            return Optional.ofNullable(answer(admin.listShareGroupOffsets(Map.of(group, spec))
                                    .partitionsToOffsetInfo(group))
                            .get(only))
                    .map(SharePartitionOffsetInfo::startOffset)
                    .filter(offset -> offset >= 0);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private <T> T answer(KafkaFuture<T> asked) throws Exception {
        return asked.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
}
