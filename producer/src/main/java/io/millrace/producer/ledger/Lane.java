package io.millrace.producer.ledger;

/** Where tasks wait for workers; each lane is a topic of one partition with a share group of its own. */
public enum Lane {
    /** First attempts, in order of group index. */
    PROMPTS,
    /** Later attempts, in order of issue. */
    URGENT
}
