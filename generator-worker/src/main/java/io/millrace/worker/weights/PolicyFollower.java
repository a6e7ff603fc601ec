package io.millrace.worker.weights;

import io.millrace.common.config.SettingException;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.kafka.TruncatedLogException;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.record.Policy;
import io.millrace.common.record.RunRecord;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the {@code policy} topic and tells the gate. Owned by its loop's thread, once it has begun. */
public final class PolicyFollower implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(PolicyFollower.class);
    private static final String PART = "weights";
    private static final Duration WAIT = Duration.ofMillis(500);

    private final TopicTail tail;
    private final Map<TopicPartition, Long> begins;
    private final String runTopic;
    private final Function<RunRecord, Optional<String>> refusal;
    private final WeightsGate gate;
    private final Health health;
    private boolean warned;

    private PolicyFollower(
            TopicTail tail,
            RunTopics topics,
            Function<RunRecord, Optional<String>> refusal,
            WeightsGate gate,
            Health health) {
        this.tail = tail;
        this.begins = Map.of(new TopicPartition(topics.policy(), 0), 0L, new TopicPartition(topics.runRecord(), 0), 0L);
        this.runTopic = topics.runRecord();
        this.refusal = refusal;
        this.gate = gate;
        this.health = health;
    }

    /**
     * Reads what the trainer said last, so that a worker that starts during a pause holds from the start.
     *
     * @param refusal why this worker does not fit a run; empty when it does
     * @param limit how long the broker may take to answer
     */
    public static PolicyFollower begin(
            TopicTail tail,
            RunTopics topics,
            Function<RunRecord, Optional<String>> refusal,
            WeightsGate gate,
            Health health,
            Duration limit)
            throws InterruptedException {
        PolicyFollower follower = new PolicyFollower(tail, topics, refusal, gate, health);
        tail.followFrom(follower.begins);
        AtomicReference<@Nullable ConsumerRecord<byte[], byte[]>> run = new AtomicReference<>();
        try {
            tail.readToEnd(
                    record -> {
                        if (record.topic().equals(follower.runTopic)) {
                            // Those before it are superseded: the broker has only not deleted them yet.
                            run.set(record);
                        } else {
                            follower.accept(record);
                        }
                    },
                    limit);
        } catch (RuntimeException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(topics.policy() + " cannot be read", e);
        }
        ConsumerRecord<byte[], byte[]> last = run.get();
        if (last != null) {
            follower.accept(last);
        }
        follower.report();
        return follower;
    }

    @Override
    public void runOnce() throws Exception {
        try {
            tail.poll(WAIT, this::accept);
        } catch (TruncatedLogException e) {
            // The trainer consumer writes the policy again; what stands last counts.
            log.warn("{}; it is read again from its beginning", e.getMessage());
            tail.followFrom(begins);
        }
        report();
    }

    /** @throws SettingException when the run's record does not fit this worker */
    private void accept(ConsumerRecord<byte[], byte[]> record) {
        if (record.topic().equals(runTopic)) {
            RunRecords.read(record).flatMap(refusal).ifPresent(why -> {
                throw new SettingException(why);
            });
            return;
        }
        try {
            gate.news(ControlCodec.decode(record.value() == null ? new byte[0] : record.value(), Policy.class));
        } catch (BadRecordException e) {
            log.warn("{}@{} is no policy", record.topic(), record.offset(), e);
        }
    }

    private void report() {
        String reason = gate.holdReason();
        if (reason.isEmpty()) {
            health.running(PART);
        } else {
            health.waiting(PART, reason);
        }
        boolean overdue = gate.isOverdue();
        if (overdue && !warned) {
            log.warn("the trainer has not said ready within --hold-limit; generation goes on");
        }
        warned = overdue;
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
