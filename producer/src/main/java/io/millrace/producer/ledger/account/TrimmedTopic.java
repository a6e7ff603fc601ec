package io.millrace.producer.ledger.account;

import io.millrace.common.topics.Lane;

/** The topics whose settled records the producer deletes. */
public enum TrimmedTopic {
    TRAINING,
    URGENT,
    EVALUATION,
    /** Of the ledger's kind. */
    RECEIPTS,
    /** Not read here: what stands there is known from receipts and tasks. */
    PARTIALS;

    public static TrimmedTopic of(Lane lane) {
        return switch (lane) {
            case TRAINING -> TRAINING;
            case URGENT -> URGENT;
            case EVALUATION -> EVALUATION;
        };
    }
}
