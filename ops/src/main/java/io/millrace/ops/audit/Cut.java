package io.millrace.ops.audit;

import io.millrace.common.record.GroupKind;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/*
 * The order in which the ends are taken is the whole of it. A record is durable before another one names it, so whatever
 * names something is taken before what it names: steps before receipts before results before the lanes. Every reference
 * below the cut then resolves below the cut. Where a claim begins is taken before what workers hold, and that before
 * results: a group on its way from one to the next is met at least once.
 */

/**
 * One moment of a run that goes on: an end for every topic. What stands below the ends is judged, what stands beyond
 * them is not looked at.
 *
 * @param queueStarts of the lanes that somebody has claimed from: where the next claim began
 */
record Cut(Map<TopicPartition, RunLog.End> ends, Map<Lane, Long> queueStarts) {
    Cut {
        ends = Map.copyOf(ends);
        queueStarts = Map.copyOf(queueStarts);
    }

    static Cut take(RunLog log, RunTopics topics) throws Exception {
        Map<TopicPartition, RunLog.End> ends = new HashMap<>();
        Map<Lane, Long> starts = new HashMap<>();
        end(log, topics.steps(), ends);
        for (Lane lane : List.of(Lane.URGENT, Lane.TRAINING)) {
            log.queueStart(lane).ifPresent(start -> starts.put(lane, start));
        }
        end(log, topics.workers(), ends);
        end(log, topics.receipts(GroupKind.TRAINING), ends);
        end(log, topics.results(GroupKind.TRAINING), ends);
        end(log, topics.deadLetters(), ends);
        end(log, topics.lane(Lane.URGENT), ends);
        end(log, topics.lane(Lane.TRAINING), ends);
        return new Cut(ends, starts);
    }

    private static void end(RunLog log, String topic, Map<TopicPartition, RunLog.End> ends) throws Exception {
        for (TopicPartition partition : log.partitions(topic)) {
            ends.put(partition, log.end(partition));
        }
    }

    /** Up to where a partition is read. */
    long end(TopicPartition partition) {
        RunLog.End end = ends.get(partition);
        return end == null ? 0 : end.committed();
    }

    /** Whether a task had not been claimed. */
    boolean queued(Lane lane, long offset) {
        return offset >= queueStarts.getOrDefault(lane, 0L);
    }

    /** Whether something stands there that cannot be read yet: an open transaction is before it. */
    boolean undecided(TopicPartition partition, long offset) {
        RunLog.@Nullable End end = ends.get(partition);
        return end != null && offset >= end.committed() && offset < end.written();
    }
}
