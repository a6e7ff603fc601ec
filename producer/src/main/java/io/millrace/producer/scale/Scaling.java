package io.millrace.producer.scale;

import io.millrace.common.batch.OpenLeases;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.WorkersRecord;
import io.millrace.producer.scale.WorkersWanted.Moment;

/**
 * Hears what the workers and the trainer consumer say, and says how many workers the run could use. The process has one,
 * over all its sessions. One owner, but for what it says, which any thread may ask for.
 */
public final class Scaling {
    /** As often as a worker may have something new to say, or oftener. */
    private static final long PERIOD_MS = 1_000;

    private final Fleet fleet = new Fleet();
    private final OpenLeases leases = new OpenLeases();
    private final WorkersWanted policy;
    private long nextMs = Long.MIN_VALUE;
    private volatile WorkersRecord.Wanted wanted;
    private volatile long oldestQueuedMs;

    public Scaling(ScalingRules rules) {
        this.policy = new WorkersWanted(rules);
        this.wanted = policy.wanted();
    }

    /** A worker's status; times are of the caller's monotonic clock. */
    public void status(WorkersRecord.Status status, long nowMs) {
        fleet.accept(status, nowMs);
    }

    /** A record of {@code steps}: whether the trainer has one. */
    public void step(StepRecord record) {
        switch (record) {
            case StepRecord.Lease lease -> leases.add(lease);
            case StepRecord.Acknowledgement _ -> {
                if (leases.oldest() != null) {
                    leases.removeOldest();
                }
            }
            case StepRecord.LeaseVoid gone -> leases.voidFrom(gone.step());
            case StepRecord.Resume _, StepRecord.Snapshot _ -> leases.clear();
            case StepRecord.Discard _,
                    StepRecord.Abandonment _,
                    StepRecord.Rejection _,
                    StepRecord.Missing _,
                    StepRecord.Skip _ -> {}
        }
    }

    /**
     * Decides anew, once a second.
     *
     * @param queuedSamples of tasks that no worker has taken
     * @param oldestQueuedMs how long the oldest of those has waited; 0 for none
     */
    public void turn(long queuedSamples, long oldestQueuedMs, long nowMs) {
        if (nowMs < nextMs) {
            return;
        }
        nextMs = nowMs + PERIOD_MS;
        this.oldestQueuedMs = oldestQueuedMs;
        wanted =
                policy.at(new Moment(fleet.size(nowMs), queuedSamples, oldestQueuedMs, leases.oldest() == null), nowMs);
    }

    /** How many workers are wanted, and why; any thread. */
    public WorkersRecord.Wanted wanted() {
        return wanted;
    }

    /** For how long the oldest task that no worker has taken has waited; 0 for none; any thread. */
    public long oldestQueuedMs() {
        return oldestQueuedMs;
    }
}
