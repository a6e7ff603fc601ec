package io.millrace.ops.lag;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.WorkersRecord;
import io.millrace.ops.cluster.WorkerStatuses;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the newest records of {@code workers} say. One owner. */
final class WorkersRead {
    private static final Duration WINDOW = Duration.ofMinutes(1);

    final WorkerStatuses statuses = new WorkerStatuses();
    /** Groups that workers finished. */
    final Pace generated = new Pace(WINDOW);

    private long firstMs = Long.MAX_VALUE;

    void accept(ConsumerRecord<byte[], byte[]> record) {
        firstMs = Math.min(firstMs, record.timestamp());
        statuses.accept(record);
        if (record.value() != null
                && ControlCodec.ifOurs(record.value(), WorkersRecord.class).orElse(null)
                        instanceof WorkersRecord.Status status) {
            generated.saw(status.worker().key(), record.timestamp(), status.groupsFinished());
        }
    }

    /** Whether all was read that counts: who is live has said so within a minute. */
    boolean isEnough() {
        return statuses.newestMs().orElse(0) - firstMs >= WINDOW.toMillis();
    }
}
