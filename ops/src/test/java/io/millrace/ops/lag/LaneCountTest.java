package io.millrace.ops.lag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import java.util.Optional;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class LaneCountTest {
    private static LaneCount lane(long start, long lag, long endBefore) {
        return new LaneCount(
                "r.prompts",
                Optional.of(new SharePartitionOffsetInfo(start, Optional.empty(), Optional.of(lag))),
                endBefore);
    }

    /** A task at an offset, as old as that. */
    private static void stands(LaneCount lane, long offset) {
        TrainingTask task = new TrainingTask(
                new GroupIndex(offset),
                new Attempt(1),
                2,
                new Lineage(0),
                new WeightVersion(0),
                0,
                new Prompt.Text("1+1?"),
                "2",
                Json.object(),
                SamplingParams.defaults(64),
                new TrainingTask.Source("f", 1, 0, 1),
                null,
                null,
                null);
        lane.accept(new ConsumerRecord<>(
                "r.prompts",
                0,
                offset,
                offset * 1_000,
                TimestampType.LOG_APPEND_TIME,
                0,
                0,
                new byte[0],
                ControlCodec.encode(task),
                new RecordHeaders(),
                Optional.empty()));
    }

    @Test
    void theOldestThatWaitsIsTheFirstThatNobodyHoldsAndTheBrokerCounts() {
        LaneCount lane = lane(2, 3, 9);
        for (long offset : new long[] {1, 2, 4, 6, 8}) {
            stands(lane, offset);
        }
        Lag.Queue queue = lane.queue(task -> task.groupIndex().value() == 4);
        assertEquals(3, queue.queued());
        assertEquals(2_000, queue.oldestMs());
        assertEquals(9, lane.published());
    }

    @Test
    void theBrokersLagTellsOfThoseTakenBehindAGap() {
        LaneCount lane = lane(0, 1, 9);
        for (long offset : new long[] {0, 2, 4}) {
            stands(lane, offset);
        }
        Lag.Queue queue = lane.queue(task -> false);
        assertEquals(1, queue.queued());
        assertEquals(4_000, queue.oldestMs());
    }

    @Test
    void whatWasPublishedSinceTheBrokerWasAskedWaits() {
        LaneCount lane = lane(4, 0, 4);
        stands(lane, 4);
        stands(lane, 6);
        assertEquals(2, lane.queue(task -> false).queued());
    }

    @Test
    void ofAnEmptyLaneNothingIsOld() {
        Lag.Queue queue = lane(4, 0, 4).queue(task -> false);
        assertEquals(0, queue.queued());
        assertNull(queue.oldestMs());
    }
}
