package io.millrace.common.topics;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** Asks the broker where a prompts lane and its share group are. */
public interface LaneOffsets {
    /** One above the offset of the lane's last record. */
    KafkaFuture<Long> end();

    /** What the share group has claimed; empty for nothing. Fails while there is no such group, before the first worker. */
    KafkaFuture<Optional<SharePartitionOffsetInfo>> claimed();

    /**
     * What the share group has claimed, waited for; empty before the first worker, and until its first acknowledgement is
     * stored.
     *
     * @throws KafkaException when the broker refuses, or does not answer within the limit
     */
    default Optional<SharePartitionOffsetInfo> claimed(Duration limit) throws InterruptedException {
        return awaited(claimed(), limit);
    }

    /** The answer to {@link #claimed()}, as {@link #claimed(Duration)} gives it. */
    static Optional<SharePartitionOffsetInfo> awaited(
            KafkaFuture<Optional<SharePartitionOffsetInfo>> asked, Duration limit) throws InterruptedException {
        try {
            return asked.get(limit.toMillis(), TimeUnit.MILLISECONDS).filter(info -> info.startOffset() >= 0);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.empty();
            }
            throw new KafkaException("what the workers have claimed is not told: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new KafkaException("what the workers have claimed is not told within " + limit, e);
        }
    }

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
