package io.millrace.producer.session;

import io.millrace.common.batch.RunAgreement;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.kafka.TopicTail;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.RunRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.session.Failures;
import io.millrace.common.session.FencedException;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunRecords;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * A producer that was fenced and ended would be started again by whatever restarts processes, fence the one that fenced
 * it, and so on for ever. So it stays, and takes the run only when nobody has it.
 */

/**
 * Beside the producer that has the run: hears its heartbeats, and says when it has been silent for so long that the run may
 * be taken. What is silent is the producer, not the broker: time counts only while the broker answers. One owner.
 */
public final class Standby {
    private static final Logger log = LoggerFactory.getLogger(Standby.class);

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
    private static final Duration SAY_EVERY = Duration.ofMinutes(1);

    /** A look that took longer says nothing of the time before it: this process or its broker was away. */
    private static final Duration LOOK_MAX = Duration.ofSeconds(2);

    private final RunTopics topics;
    private final RunRecord mine;
    private final Supplier<TopicTail> readers;
    private final Tenure.OfProcess tenure;
    private final Duration silenceMax;
    private final Health health;
    private final Ticker ticker;
    private final EverySoOften lines;
    private @Nullable Tenure holder;
    private @Nullable TopicTail reader;
    private long silentNanos;

    /**
     * @param mine what this producer would run with
     * @param readers each makes a reader of committed records
     * @param tenure of this process, given back when the run may be taken
     * @param silenceMax the producer that has the run is gone when it has been silent for longer
     */
    public Standby(
            RunTopics topics,
            RunRecord mine,
            Supplier<TopicTail> readers,
            Tenure.OfProcess tenure,
            Duration silenceMax,
            Health health,
            Ticker ticker) {
        this.topics = topics;
        this.mine = mine;
        this.readers = readers;
        this.tenure = tenure;
        this.silenceMax = silenceMax;
        this.health = health;
        this.ticker = ticker;
        this.lines = new EverySoOften(SAY_EVERY, ticker);
    }

    /** Another one has the run from now on. */
    void begin(FencedException fenced) {
        holder = fenced.newer();
        silentNanos = 0;
        lines.reset();
    }

    boolean isStandingBy() {
        return holder != null;
    }

    /**
     * Listens for a moment.
     *
     * @return whether the run may be taken, by a new tenure of this process
     */
    boolean isOver() throws Exception {
        Tenure present = holder;
        if (present == null) {
            return true;
        }
        String waits = "producer " + present + ", which has the run, to be silent for " + silenceMax.toSeconds() + " s";
        health.waiting(ProducerWork.PART, waits);
        health.waiting(ProducerSession.BROKER, waits);
        if (lines.isDue()) {
            log.warn(
                    "stands by: producer {} has run {}; this one takes it over once that one has been silent for {} s",
                    present,
                    topics.run(),
                    silenceMax.toSeconds());
        }
        try {
            listen();
            if (silentNanos < silenceMax.toNanos() || !fits()) {
                return false;
            }
        } catch (Exception e) {
            silentNanos = 0;
            close();
            if (!Failures.isPassing(e)) {
                throw e;
            }
            log.debug("the broker does not tell who has the run", e);
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            return false;
        }
        log.warn(
                "producer {} has been silent for {} s: this one takes run {} over",
                holder,
                silenceMax.toSeconds(),
                topics.run());
        close();
        holder = null;
        tenure.giveBack();
        return true;
    }

    private void listen() throws Exception {
        TopicPartition workers = new TopicPartition(topics.workers(), 0);
        TopicTail present = reader;
        if (present == null) {
            present = readers.get();
            reader = present;
            present.followFrom(present.consumer().endOffsets(List.of(workers), ANSWER_LIMIT));
        }
        long begunNanos = ticker.nanos();
        boolean[] heard = new boolean[1];
        present.poll(LOOK, record -> heard[0] |= isHeartbeat(record));
        // An empty poll does not tell a silent producer from a silent broker.
        Map<TopicPartition, Long> _ = present.consumer().endOffsets(List.of(workers), ANSWER_LIMIT);
        long tookNanos = ticker.nanos() - begunNanos;
        silentNanos = heard[0] || tookNanos > LOOK_MAX.toNanos() ? 0 : silentNanos + tookNanos;
    }

    private boolean isHeartbeat(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null
                || !(ControlCodec.ifOurs(record.value(), WorkersRecord.class).orElse(null)
                        instanceof WorkersRecord.LedgerHeartbeat beat)) {
            return false;
        }
        Tenure who = Tenure.parse(beat.incarnation()).orElse(Tenure.NONE);
        if (holder != null && who.compareTo(holder) > 0) {
            holder = who;
        }
        return true;
    }

    /** Whoever started the other one with other settings did not mean these to come back. */
    private boolean fits() throws Exception {
        TopicTail present = reader;
        if (present == null) {
            return false;
        }
        Optional<RunRecord> stands = RunRecords.newest(new PartitionReader(present, ANSWER_LIMIT), topics);
        if (stands.isEmpty() || stands.get().equals(mine)) {
            return true;
        }
        log.warn(
                "producer {} is silent, and the run has other settings than this one, which does not take it over: {}."
                        + " Start a producer to go on",
                holder,
                String.join(", ", RunAgreement.changes(stands.get(), mine)));
        silentNanos = 0;
        close();
        return false;
    }

    void close() {
        TopicTail present = reader;
        reader = null;
        if (present != null) {
            present.close();
        }
    }
}
