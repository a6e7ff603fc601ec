package io.millrace.ops.lag;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.TrainingTask;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The tasks of a lane from where its share group is. One owner. */
final class LaneCount {
    private record Task(TrainingTask task, long offset, long ms) {}

    private final String topic;
    private final Optional<SharePartitionOffsetInfo> claimed;
    private final long endBefore;
    private final List<Task> tasks = new ArrayList<>();
    private long published;

    /**
     * @param claimed what the share group has taken
     * @param endBefore where the lane ended before that was asked
     */
    LaneCount(String topic, Optional<SharePartitionOffsetInfo> claimed, long endBefore) {
        this.topic = topic;
        this.claimed = claimed;
        this.endBefore = endBefore;
    }

    String topic() {
        return topic;
    }

    /** Below it every task was taken. */
    long start() {
        return claimed.map(SharePartitionOffsetInfo::startOffset).orElse(0L);
    }

    void accept(ConsumerRecord<byte[], byte[]> record) {
        ControlCodec.ifOurs(record.value(), TrainingTask.class).ifPresent(task -> {
            published = task.groupIndex().value() + 1;
            if (record.offset() >= start()) {
                tasks.add(new Task(task, record.offset(), record.timestamp()));
            }
        });
    }

    /** The group of a task; empty where the record is none. */
    static OptionalLong group(ConsumerRecord<byte[], byte[]> record) {
        return ControlCodec.ifOurs(record.value(), TrainingTask.class)
                .map(task -> OptionalLong.of(task.groupIndex().value()))
                .orElse(OptionalLong.empty());
    }

    /** One above the newest task's group; 0 where none was met. */
    long published() {
        return published;
    }

    /** @param held whether a live worker says that it holds the task: the start offset moves a little later */
    Lag.Queue queue(Predicate<TrainingTask> held) {
        List<Task> left = tasks.stream().filter(one -> !held.test(one.task())).toList();
        long since = left.stream().filter(one -> one.offset() >= endBefore).count();
        Optional<Long> brokerLag =
                claimed.flatMap(SharePartitionOffsetInfo::lag).map(lag -> lag + since);
        int waiting = (int) Math.min(left.size(), brokerLag.orElse(Long.MAX_VALUE));
        // Which of them were taken behind a gap is not known; the oldest, most likely.
        Long oldestMs = waiting == 0 ? null : left.get(left.size() - waiting).ms();
        return new Lag.Queue(topic, brokerLag, left.size(), oldestMs);
    }
}
