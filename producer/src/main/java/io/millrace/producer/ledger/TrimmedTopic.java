package io.millrace.producer.ledger;

/** The topics whose settled records the producer deletes. */
public enum TrimmedTopic {
    PROMPTS,
    URGENT,
    RECEIPTS,
    /** Not read here: what stands there is known from receipts and tasks. */
    PARTIALS;

    public static TrimmedTopic of(Lane lane) {
        return switch (lane) {
            case PROMPTS -> PROMPTS;
            case URGENT -> URGENT;
        };
    }
}
