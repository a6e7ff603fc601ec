package io.millrace.trainer.loop;

/** What the trainer consumer waits for; each turn is in exactly one of these. */
enum Waiting {
    /** The results that stood on the topic at the start are read again; no new step is chosen before. */
    RESULTS_READ_AGAIN,
    /** The run's producer has never started, so nothing can finish. */
    PRODUCER,
    /** Too few groups have finished for the next step. */
    FINISHED_GROUPS,
    /** Enough have finished, and others that are out must not be passed over, by the bound or by strict order. */
    OTHER_GROUPS,
    /** Enough have finished, and some of them have tokens of the next version, which is not announced yet. */
    ANNOUNCEMENT,
    /** The trainer took all steps that are generated for its weight version. */
    NEW_VERSION,
    /** More steps are kept for the newest checkpoint named than may be. */
    CHECKPOINT,
    /** The next step's groups are there; the trainer has not asked. */
    TRAINER_TO_LEASE,
    /** A step is leased. */
    TRAINER_TO_ACKNOWLEDGE
}
