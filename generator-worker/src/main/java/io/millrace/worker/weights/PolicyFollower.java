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
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the {@code policy} topic and tells the gate. Owned by its loop's thread, once it has begun. */
public final class PolicyFollower implements OwnerLoop.Turn {
    private static final Logger log = LoggerFactory.getLogger(PolicyFollower.class);
    private static final String PART = "weights";
    private static final Duration WAIT = Duration.ofMillis(500);
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);
    private static final Duration SAY_EVERY = Duration.ofSeconds(10);

    private final TopicTail tail;
    private final Map<TopicPartition, Long> begins;
    private final String runTopic;
    private final Function<RunRecord, Optional<String>> refusal;
    private final WeightsGate gate;
    private final Health health;
    private final EverySoOften lines;
    private boolean warned;

    private PolicyFollower(
            TopicTail tail,
            RunTopics topics,
            Function<RunRecord, Optional<String>> refusal,
            WeightsGate gate,
            Health health,
            Ticker ticker) {
        this.tail = tail;
        this.begins = Map.of(new TopicPartition(topics.policy(), 0), 0L, new TopicPartition(topics.runRecord(), 0), 0L);
        this.runTopic = topics.runRecord();
        this.refusal = refusal;
        this.gate = gate;
        this.health = health;
        this.lines = new EverySoOften(SAY_EVERY, ticker);
    }

    /**
     * Reads what the trainer said last, so that a worker that starts during a pause holds from the start. A broker that
     * falls silent is asked again for as long as it takes, and one line every {@link #SAY_EVERY} says so; an interrupt
     * ends the wait.
     *
     * @param refusal why this worker does not fit a run; empty when it does
     * @param limit how long one try waits for the broker
     * @throws SettingException when this worker does not fit the run
     */
    public static PolicyFollower begin(
            TopicTail tail,
            RunTopics topics,
            Function<RunRecord, Optional<String>> refusal,
            WeightsGate gate,
            Health health,
            Duration limit,
            Ticker ticker)
            throws InterruptedException {
        PolicyFollower follower = new PolicyFollower(tail, topics, refusal, gate, health, ticker);
        health.starting(PART);
        while (!follower.isRead(limit)) {
            TimeUnit.NANOSECONDS.sleep(BETWEEN_TRIES.toNanos());
        }
        follower.report();
        return follower;
    }

    /**
     * Reads both topics from their beginnings to their ends.
     *
     * @return false after a failure that passes, which is said
     */
    private boolean isRead(Duration limit) throws InterruptedException {
        AtomicReference<@Nullable ConsumerRecord<byte[], byte[]>> run = new AtomicReference<>();
        tail.followFrom(begins);
        try {
            tail.readToEnd(
                    record -> {
                        if (record.topic().equals(runTopic)) {
                            // Those before it are superseded: the broker has only not deleted them yet.
                            run.set(record);
                        } else {
                            accept(record);
                        }
                    },
                    limit);
        } catch (RetriableException | TruncatedLogException e) {
            health.starting(PART, "the broker to answer");
            if (lines.isDue()) {
                log.warn("waits for the broker: {}; the policy is read as soon as it answers", e.toString());
            }
            return false;
        } catch (RuntimeException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(begins.keySet() + " cannot be read", e);
        }
        if (lines.reset()) {
            log.info("the broker answers, the policy is read");
        }
        ConsumerRecord<byte[], byte[]> last = run.get();
        if (last != null) {
            accept(last);
        }
        return true;
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
