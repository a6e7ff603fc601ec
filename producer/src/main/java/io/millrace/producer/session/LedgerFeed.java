package io.millrace.producer.session;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.NewerRecords;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.session.Tenure;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.ReceiptFate;
import io.millrace.producer.ledger.account.TrimmedTopic;
import io.millrace.producer.scale.Scaling;
import io.millrace.producer.status.ProducerMetrics;
import io.millrace.producer.stream.Evaluations;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns records of the followed topics into events of the ledgers, their liveness and the evaluations, and keeps the
 * newest policy. What cannot be read, on whatever topic and by whomever, is skipped ({@link UnreadableRecords}). A record of
 * {@code steps} that can be read and contradicts those before it ends the process: the run's account is damaged. One
 * owner.
 */
public final class LedgerFeed {
    private static final Logger log = LoggerFactory.getLogger(LedgerFeed.class);

    private final RunTopics topics;
    private final Map<GroupKind, Ledger> ledgers;
    private final Liveness liveness;
    private final Evaluations evaluations;
    private final UnreadableRecords unreadable;
    private final ProducerMetrics metrics;
    private final Scaling scaling;
    private final Ticker ticker;
    private Policy policy = Policy.initial();
    private Tenure own = Tenure.NONE;
    private Tenure highest = Tenure.NONE;
    private boolean live;

    /** @param ledgers one of each kind */
    public LedgerFeed(
            RunTopics topics,
            Map<GroupKind, Ledger> ledgers,
            Liveness liveness,
            Evaluations evaluations,
            UnreadableRecords unreadable,
            ProducerMetrics metrics,
            Scaling scaling,
            Ticker ticker) {
        this.topics = topics;
        this.ledgers = new EnumMap<>(ledgers);
        this.liveness = liveness;
        this.evaluations = evaluations;
        this.unreadable = unreadable;
        this.metrics = metrics;
        this.scaling = scaling;
        this.ticker = ticker;
    }

    Policy policy() {
        return policy;
    }

    /** The highest identity of a producer read so far. */
    Tenure highest() {
        return highest;
    }

    /** Looks at nothing but who has the run; the record is fed again later. */
    void lookForProducer(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (ControlCodec.decode(record.value(), WorkersRecord.class)
                    instanceof WorkersRecord.LedgerHeartbeat beat) {
                heard(beat);
            }
        } catch (BadRecordException e) {
            log.debug("no heartbeat at {} offset {}", record.topic(), record.offset(), e);
        }
    }

    private Tenure heard(WorkersRecord.LedgerHeartbeat beat) {
        Tenure who = Tenure.parse(beat.incarnation()).orElse(Tenure.NONE);
        highest = who.compareTo(highest) > 0 ? who : highest;
        return who;
    }

    /** Which heartbeats are one's own. */
    void own(Tenure identity) {
        own = identity;
    }

    /** From now on what is fed has just happened, and is counted; before, it was history read back. */
    void live() {
        live = true;
    }

    /** @throws IllegalStateException when {@code steps} contradicts itself */
    void accept(ConsumerRecord<byte[], byte[]> record) {
        String topic = record.topic();
        GroupKind ended = receiptsOf(topic);
        try {
            if (ended != null) {
                receipt(ledger(ended), record);
            } else if (topic.equals(topics.policy())) {
                policy = ControlCodec.decode(record.value(), Policy.class);
            } else if (topic.equals(topics.steps())) {
                step(ControlCodec.decode(record.value(), StepRecord.class));
            } else if (topic.equals(topics.evals())) {
                evaluations.accept(ControlCodec.decode(record.value(), EvalRecord.class));
            } else if (topic.equals(topics.workers()) && record.value() != null) {
                // A compacted topic: no value means that its key is no longer needed.
                workers(ControlCodec.decode(record.value(), WorkersRecord.class));
            }
        } catch (BadRecordException e) {
            NewerRecords.refuse(record, e);
            unreadable.skip(record, String.valueOf(e.getMessage()));
        }
    }

    private @Nullable GroupKind receiptsOf(String topic) {
        for (GroupKind kind : ledgers.keySet()) {
            if (topic.equals(topics.receipts(kind))) {
                return kind;
            }
        }
        return null;
    }

    private Ledger ledger(GroupKind kind) {
        return Objects.requireNonNull(ledgers.get(kind), kind::word);
    }

    private void workers(WorkersRecord record) {
        switch (record) {
            case WorkersRecord.Status status -> {
                scaling.status(status, ticker.millis());
                ledgers.values().forEach(ledger -> ledger.workerStatus(status, ticker.millis()));
            }
            case WorkersRecord.LedgerHeartbeat beat -> {
                if (heard(beat).equals(own)) {
                    liveness.readBack(beat.sequence(), ticker.millis());
                }
            }
        }
    }

    private void step(StepRecord step) {
        scaling.step(step);
        ReceiptFate fate = ledger(GroupKind.TRAINING).step(step);
        if (!live || fate == null) {
            return;
        }
        if (step instanceof StepRecord.Missing missing) {
            metrics.missing(fate);
            log.warn(
                    "the result of group {} attempt {} is missing at partition {} offsets {}, which a receipt names: {}",
                    missing.groupIndex(),
                    missing.attempt(),
                    missing.partition(),
                    missing.offsets(),
                    missing.reason().text());
        } else {
            metrics.rejection(fate);
        }
    }

    private void receipt(Ledger ledger, ConsumerRecord<byte[], byte[]> record) throws BadRecordException {
        ledger.read(TrimmedTopic.RECEIPTS, record.offset() + 1);
        Receipt receipt = ControlCodec.decode(record.value(), Receipt.class);
        ReceiptFate fate = ledger.receipt(receipt, record.offset(), ticker.millis());
        if (live && ledger.kind() == GroupKind.TRAINING) {
            metrics.receipt(fate);
        }
        if (fate == ReceiptFate.UNKNOWN) {
            log.warn(
                    "receipt of {} group {}, which was never published, not noted",
                    ledger.kind().word(),
                    receipt.groupIndex());
        }
    }
}
