package io.millrace.producer;

import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.testing.InMemoryLane;
import io.millrace.producer.testing.InMemoryTopics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A session's clients of a broker in memory. */
final class InMemorySessionClients implements SessionClients {
    final InMemoryTopics broker = new InMemoryTopics();
    final Map<Lane, InMemoryLane> lanes = new EnumMap<>(Lane.class);
    final List<TopicPartition> searched = new ArrayList<>();

    /** No client can be made; null when they can. */
    @Nullable
    KafkaException refusal;

    private final Admin admin;

    /** @param admin of a broker that is not there; what it is asked is not waited for */
    InMemorySessionClients(RunTopics topics, Admin admin) {
        this.admin = admin;
        for (Lane lane : Lane.values()) {
            lanes.put(lane, new InMemoryLane(() -> broker.end(topics.lane(lane))));
        }
    }

    @Override
    public Consumer<byte[], byte[]> follower(String clientId) {
        KafkaException present = refusal;
        if (present != null) {
            throw present;
        }
        return broker.consumer();
    }

    @Override
    public Producer<byte[], byte[]> publisher() {
        return broker.producer();
    }

    @Override
    public Producer<byte[], byte[]> heart() {
        return broker.producer();
    }

    @Override
    public LaneOffsets lane(Lane lane) {
        return lanes.get(lane);
    }

    @Override
    public void abortHanging(Collection<TopicPartition> partitions) {
        searched.addAll(partitions);
    }

    @Override
    public Admin admin() {
        return admin;
    }
}
