package io.millrace.producer;

import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.time.WallClock;
import io.millrace.common.topics.RunTopics;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.ReceiptFate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns records of the followed topics into events of the ledger, and keeps the newest policy. What the trainer consumer
 * writes must be readable, since admission and settlement rest on it; one unreadable receipt or status, from whatever
 * worker, is counted and passed over. One owner.
 */
final class LedgerFeed {
    private static final Logger log = LoggerFactory.getLogger(LedgerFeed.class);

    private final RunTopics topics;
    private final Ledger ledger;
    private final ProducerMetrics metrics;
    private final WallClock clock;
    private Policy policy = Policy.initial();
    private boolean live;

    LedgerFeed(RunTopics topics, Ledger ledger, ProducerMetrics metrics, WallClock clock) {
        this.topics = topics;
        this.ledger = ledger;
        this.metrics = metrics;
        this.clock = clock;
    }

    Policy policy() {
        return policy;
    }

    /** From now on what is fed has just happened, and is counted; before, it was history read back. */
    void live() {
        live = true;
    }

    /** @throws BadRecordException when a record of {@code steps} or {@code policy} cannot be read */
    void accept(ConsumerRecord<byte[], byte[]> record) throws BadRecordException {
        if (record.value() == null) {
            return;
        }
        try {
            if (record.topic().equals(topics.policy())) {
                policy = ControlCodec.decode(record.value(), Policy.class);
            } else if (record.topic().equals(topics.steps())) {
                step(ControlCodec.decode(record.value(), StepRecord.class));
            } else if (record.topic().equals(topics.receipts())) {
                receipt(ControlCodec.decode(record.value(), Receipt.class));
            } else if (record.topic().equals(topics.workers())
                    && ControlCodec.decode(record.value(), WorkersRecord.class)
                            instanceof WorkersRecord.Status status) {
                ledger.workerStatus(status, clock.millis());
            }
        } catch (BadRecordException e) {
            String where = record.topic() + " offset " + record.offset();
            if (record.topic().equals(topics.policy()) || record.topic().equals(topics.steps())) {
                throw new BadRecordException(where + ": " + e.getMessage(), e);
            }
            metrics.badRecord();
            log.warn("passed over {}: {}", where, e.getMessage());
        }
    }

    private void step(StepRecord step) {
        ReceiptFate fate = ledger.step(step);
        if (live && fate != null) {
            metrics.rejection(fate);
        }
    }

    private void receipt(Receipt receipt) {
        ReceiptFate fate = ledger.receipt(receipt, clock.millis());
        if (live) {
            metrics.receipt(fate);
        }
        if (fate == ReceiptFate.UNKNOWN) {
            log.warn("receipt of group {}, which was never published, not noted", receipt.groupIndex());
        }
    }
}
