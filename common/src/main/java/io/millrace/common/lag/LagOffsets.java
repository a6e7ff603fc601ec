package io.millrace.common.lag;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** Commits offsets of classic groups that have no members. */
@FunctionalInterface
public interface LagOffsets {
    /** Sets the offsets of a group, which comes to be by that; never waits. */
    KafkaFuture<Void> commit(String group, Map<TopicPartition, Long> offsets);

    /**
     * By an admin client, whose commit leaves the same kind of group as that of a consumer with a group id, and needs no
     * consumer.
     *
     * @param admin not owned
     */
    static LagOffsets of(Admin admin) {
        return (group, offsets) -> {
            Map<TopicPartition, OffsetAndMetadata> named = new HashMap<>();
            offsets.forEach((partition, offset) -> named.put(partition, new OffsetAndMetadata(offset)));
            return admin.alterConsumerGroupOffsets(group, named).all();
        };
    }
}
