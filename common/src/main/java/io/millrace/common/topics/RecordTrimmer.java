package io.millrace.common.topics;

import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Deletes what a topic's owner needs no more: records below an offset, at most once a period, never waiting for the
 * broker. A deletion that fails is told of and asked again in the next period: nothing rests on it but disk space. One
 * owner.
 */
public final class RecordTrimmer {
    private final Admin admin;
    private final Ticker ticker;
    private final long periodNanos;
    private final TrimFailures failures;
    private final Map<TopicPartition, Long> wanted = new HashMap<>();
    private final Map<TopicPartition, Long> deleted = new HashMap<>();
    private @Nullable Map<TopicPartition, KafkaFuture<DeletedRecords>> asked;
    private long nextNanos;

    /**
     * @param admin not owned
     * @param failures get to know what the broker does not delete; not owned, the process's
     */
    public RecordTrimmer(Admin admin, Ticker ticker, Duration period, TrimFailures failures) {
        this.admin = admin;
        this.ticker = ticker;
        this.periodNanos = period.toNanos();
        this.failures = failures;
        this.nextNanos = ticker.nanos() + periodNanos;
    }

    /** Every record below this offset may go; a lower offset than one named before changes nothing. */
    public void mayDeleteBelow(TopicPartition partition, long offset) {
        wanted.merge(partition, offset, Math::max);
    }

    /** Takes the broker's answer, and asks for what is due. */
    public void turn() {
        takeAnswers();
        if (asked != null || ticker.nanos() - nextNanos < 0) {
            return;
        }
        nextNanos = ticker.nanos() + periodNanos;
        Map<TopicPartition, RecordsToDelete> due = new HashMap<>();
        wanted.forEach((partition, offset) -> {
            if (offset > deleted.getOrDefault(partition, 0L)) {
                due.put(partition, RecordsToDelete.beforeOffset(offset));
            }
        });
        failures.asked(due.keySet());
        if (!due.isEmpty()) {
            asked = admin.deleteRecords(due).lowWatermarks();
        }
    }

    private void takeAnswers() {
        Map<TopicPartition, KafkaFuture<DeletedRecords>> answers = asked;
        if (answers == null || !answers.values().stream().allMatch(KafkaFuture::isDone)) {
            return;
        }
        asked = null;
        answers.forEach((partition, answer) -> {
            try {
                deleted.put(partition, answer.get().lowWatermark());
                failures.deleted(partition.topic(), partition.partition());
            } catch (ExecutionException e) {
                failures.failed(partition.topic(), partition.partition(), String.valueOf(e.getCause()));
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        });
    }
}
