package io.millrace.producer.queue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.lag.LagGroup;
import io.millrace.common.lag.LagOffsets;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import org.apache.kafka.common.TopicPartition;

/**
 * Shows the depth of the prompts lanes, and how much of the run's work is not done, as consumer lag. The process has one,
 * whatever sessions it has. One owner.
 */
public final class QueueLag {
    private final RunTopics topics;
    private final LagGroup queue;
    private final LagGroup unfinished;

    public QueueLag(LagOffsets broker, RunTopics topics, MeterRegistry registry, Ticker ticker) {
        this.topics = topics;
        this.queue = new LagGroup(broker, topics.queueLagGroup(), registry, ticker);
        this.unfinished = new LagGroup(broker, topics.unfinishedLagGroup(), registry, ticker);
    }

    /**
     * What waits on a lane.
     *
     * @param end where the lane ended, exclusive, when that was counted
     * @param waiting tasks below it that no worker has taken
     * @param unfinishedGroups of the lane's kind: waiting, in flight, or to be issued again
     */
    public void stands(Lane lane, long end, long waiting, long unfinishedGroups) {
        TopicPartition partition = new TopicPartition(topics.lane(lane), 0);
        queue.stands(partition, end, waiting);
        // Where the first attempts stand; that of the later ones has none of its own.
        if (lane == Lane.first(lane.kind())) {
            unfinished.stands(partition, end, unfinishedGroups);
        }
    }

    /** Commits what is due. */
    public void turn() {
        queue.turn();
        unfinished.turn();
    }
}
