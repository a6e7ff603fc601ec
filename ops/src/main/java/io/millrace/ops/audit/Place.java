package io.millrace.ops.audit;

/** Where an unsettled group was found; the later one holds where several are true. */
enum Place {
    /** Nowhere, though it was admitted. */
    NOWHERE,
    /** Its newest attempt was taken or has failed, and nobody alive holds it: the ledger reissues it. */
    TO_BE_REISSUED,
    QUEUED,
    IN_FLIGHT,
    FINISHED
}
