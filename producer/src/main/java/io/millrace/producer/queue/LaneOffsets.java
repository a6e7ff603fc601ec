package io.millrace.producer.queue;

import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** Asks the broker where a prompts lane and its share group are. */
public interface LaneOffsets {
    /** One above the offset of the lane's last record. */
    KafkaFuture<Long> end();

    /** What the share group has claimed; empty for nothing. Fails while there is no such group, before the first worker. */
    KafkaFuture<Optional<SharePartitionOffsetInfo>> claimed();

    /** @param admin not owned */
    static LaneOffsets of(Admin admin, RunTopics topics, Lane lane) {
        TopicPartition partition = new TopicPartition(topics.lane(lane), 0);
        String group = topics.shareGroup(lane);
        return new LaneOffsets() {
            @Override
            public KafkaFuture<Long> end() {
                return admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                        .partitionResult(partition)
                        .thenApply(ListOffsetsResultInfo::offset);
            }

            @Override
            public KafkaFuture<Optional<SharePartitionOffsetInfo>> claimed() {
                return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                        .partitionsToOffsetInfo(group)
                        .thenApply(offsets -> Optional.ofNullable(offsets.get(partition)));
            }
        };
    }
}
