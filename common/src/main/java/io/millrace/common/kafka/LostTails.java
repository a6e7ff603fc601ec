package io.millrace.common.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Logs that were found to end before what somebody else has of them, over all sessions of a process: each session finds the
 * same again, and it is one loss. One owner.
 */
public final class LostTails {
    /** @param reached up to where somebody has it */
    private record Loss(long reached, long end) {}

    private final Map<TopicPartition, Loss> known = new HashMap<>();

    /**
     * To be called at each look, also where nothing is lost.
     *
     * @param reached up to which offset somebody has the log
     * @param end of the log
     * @return whether it has lost something that was not found before: the end is below what somebody has, and that is
     *     another offset than last time, or the end has fallen since
     */
    public boolean isNew(TopicPartition partition, long reached, long end) {
        if (reached <= end) {
            known.remove(partition);
            return false;
        }
        @Nullable Loss before = known.put(partition, new Loss(reached, end));
        return before == null || before.reached() != reached || end < before.end();
    }
}
