package io.millrace.trainer.observe.follow;

import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.session.SessionLoop;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.observe.RunFold;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The run as it was read, and the consumer that goes on with it. Owned by the follower's loop. */
final class ObserveSession implements SessionLoop.Session {
    private static final Duration POLL = Duration.ofMillis(200);

    private interface Take {
        void take(ConsumerRecord<byte[], byte[]> record);
    }

    private final RunTopics topics;
    private final TopicTail tail;
    private final Duration limit;
    private final RunFold fold;
    private final Object lock;
    private final LaneClaims claims;
    private final Map<String, Take> takes = new HashMap<>();

    /**
     * @param tail owned by this from now on, as is the fold
     * @param lock held while the fold changes
     */
    ObserveSession(RunTopics topics, TopicTail tail, LaneClaims claims, Duration limit, RunFold fold, Object lock) {
        this.topics = topics;
        this.tail = tail;
        this.claims = claims;
        this.limit = limit;
        this.fold = fold;
        this.lock = lock;
        for (Lane lane : Lane.values()) {
            takes.put(
                    topics.lane(lane),
                    record -> ours(
                            record,
                            TrainingTask.class,
                            task -> fold.task(lane, task, record.offset(), record.timestamp())));
        }
        for (GroupKind kind : GroupKind.values()) {
            takes.put(
                    topics.receipts(kind),
                    record -> ours(record, Receipt.class, receipt -> fold.receipt(kind, receipt, record.timestamp())));
        }
        takes.put(topics.workers(), this::worker);
        takes.put(
                topics.steps(), record -> ours(record, StepRecord.class, step -> fold.step(step, record.timestamp())));
        takes.put(
                topics.policy(),
                record -> ours(record, Policy.class, policy -> fold.policy(policy, record.timestamp())));
        takes.put(
                topics.runRecord(),
                record -> ours(record, RunRecord.class, run -> fold.agreement(run, record.timestamp())));
        takes.put(
                topics.evals(),
                record -> ours(record, EvalRecord.class, eval -> fold.evaluation(eval, record.timestamp())));
        takes.put(
                topics.deadLetters(),
                record -> ours(record, DeadLetter.class, letter -> fold.deadLetter(letter, record.timestamp())));
    }

    private void worker(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        String key = new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            fold.worker(key, null, record.timestamp());
        } else {
            ours(record, WorkersRecord.class, status -> fold.worker(key, status, record.timestamp()));
        }
    }

    /** What is not ours is another's to report. */
    private static <T extends ControlRecord> void ours(
            ConsumerRecord<byte[], byte[]> record, Class<T> type, Consumer<T> consumer) {
        ControlCodec.ifOurs(record.value(), type).ifPresent(consumer);
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        Take take = takes.get(record.topic());
        if (take != null) {
            synchronized (lock) {
                take.take(record);
            }
        }
    }

    /** Reads what stands on the topics. */
    @Override
    public void open() throws Exception {
        tail.followFrom(Starts.of(topics, new PartitionReader(tail, limit)));
        tail.readToEnd(this::take, limit);
        claims.ask();
        claims.await(limit, fold::claimed);
        synchronized (lock) {
            fold.caughtUp();
        }
    }

    /** Reads what has come since. */
    void turn() throws Exception {
        tail.poll(POLL, this::take);
        synchronized (lock) {
            claims.turn(fold::claimed);
        }
    }

    @Override
    public void wakeup() {
        tail.wakeup();
    }

    @Override
    public void close() {
        tail.close();
    }
}
