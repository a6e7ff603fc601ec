package io.millrace.producer.queue;

import io.millrace.common.kafka.LostTails;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.LaneOffsets;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.function.Function;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A share group keeps where it is in a log of its own. When a prompts lane has lost its tail and the share group has not,
 * it goes on behind the end, and whatever takes the lost offsets is never delivered (measured with 4.4.0: no error, and no
 * way back). Its offsets cannot be set back while workers are members. Aborted records up to its start would move the
 * lane's end, and were tried: the broker's share partition fails over and over at long stretches of them ("Batch record
 * not found"), so they are worse than the loss. The ledger needs no mending: what stands below the group's start counts as
 * taken, nobody names it, and so it is issued again.
 */

/**
 * Says where the workers' share groups have come further than the prompts lanes reach, and knows what it has said: the
 * process has one, whatever sessions it has. One owner.
 */
public final class LostClaims {
    private static final Logger log = LoggerFactory.getLogger(LostClaims.class);

    private final Function<Lane, LaneOffsets> offsets;
    private final RunTopics topics;
    private final Duration limit;
    private final LostTails tails = new LostTails();

    /** @param limit for each answer of the broker */
    public LostClaims(Function<Lane, LaneOffsets> offsets, RunTopics topics, Duration limit) {
        this.offsets = offsets;
        this.topics = topics;
        this.limit = limit;
    }

    /**
     * Looks at every lane, before anything is published there.
     *
     * @return how many end before what their share group has claimed, and did not when they were looked at last, or lost more
     * @throws KafkaException when the broker refuses, or does not answer in time
     */
    public int lanes(PartitionReader reader) throws InterruptedException {
        int lost = 0;
        for (Lane lane : Lane.values()) {
            TopicPartition partition = new TopicPartition(topics.lane(lane), 0);
            long start = offsets.apply(lane)
                    .claimed(limit)
                    .map(SharePartitionOffsetInfo::startOffset)
                    .orElse(0L);
            long end = reader.end(partition);
            if (tails.isNew(partition, start, end)) {
                lost++;
                log.warn(
                        "the broker has lost records that it had acknowledged: {} ends at offset {}, and its share group"
                                + " has claimed up to offset {}; the next {} offsets are not delivered, what is published"
                                + " there is issued again after the worker timeout, for one loss each",
                        partition,
                        end,
                        start,
                        start - end);
            }
        }
        return lost;
    }
}
