package io.millrace.producer;

import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import java.util.Collection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/** Makes what a session owns of clients, and asks the broker on its behalf. */
interface SessionClients {
    /** Reads committed records of what it is assigned. */
    Consumer<byte[], byte[]> follower(String clientId);

    /** Writes in transactions of the run's producer. */
    Producer<byte[], byte[]> publisher();

    /** Writes the heartbeat, without transactions. */
    Producer<byte[], byte[]> heart();

    LaneOffsets lane(Lane lane);

    /** Ends transactions of former producers whose end is lost, in partitions where nobody else writes in transactions. */
    void abortHanging(Collection<TopicPartition> partitions) throws InterruptedException;

    /** For what nobody waits for. */
    Admin admin();
}
