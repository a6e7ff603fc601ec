package io.millrace.trainer.steps;

import io.millrace.common.id.LeaseToken;
import io.millrace.common.record.StepRecord;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The leases that were acknowledged last, so that a repeated acknowledgement is told from one of a lease that never was
 * trained. A restart knows those since the last snapshot, and the one that the snapshot names. Owned by the ledger.
 */
final class AcknowledgedLeases {
    /** A trainer repeats its last acknowledgement, or names a checkpoint with one of the last few. */
    private static final int REMEMBERED_MAX = 256;

    private final Deque<LeaseToken> tokens = new ArrayDeque<>();

    void add(StepRecord.Acknowledgement ack) {
        if (tokens.size() == REMEMBERED_MAX) {
            tokens.removeFirst();
        }
        tokens.addLast(new LeaseToken(ack.lineage(), ack.step(), ack.leaseId()));
    }

    boolean contains(LeaseToken token) {
        return tokens.contains(token);
    }
}
