package io.millrace.producer.ledger;

/**
 * When an attempt counts as over, and when a group is given up.
 *
 * @param maxAttempts failed attempts with which a group is given up, 1 or more
 * @param maxLosses lost attempts with which a group is given up, 1 or more
 * @param workerTimeoutMs how long no live worker's status may name an attempt before it counts as lost
 * @param taskDeadlineMs how long an attempt may take from its claim on, where its task does not say
 */
public record RecoveryLimits(int maxAttempts, int maxLosses, long workerTimeoutMs, long taskDeadlineMs) {
    public RecoveryLimits {
        if (maxAttempts < 1 || maxLosses < 1 || workerTimeoutMs < 1 || taskDeadlineMs < 1) {
            throw new IllegalArgumentException("limits must be 1 or more");
        }
    }
}
