package io.millrace.producer.ledger;

/**
 * Groups by state.
 *
 * @param published groups whose publication the ledger has read, settled ones from before its start not counted
 * @param announced named by another topic before their publication was read; part of nothing else
 * @param trained settled by training, since the ledger began to read {@code steps}
 * @param discarded settled without training, the same
 * @param abandoned settled since every attempt failed, the same
 * @param lowWaterMark every group index below it is settled
 * @param rewardMean mean reward of the newest finished groups, NaN when there is none
 */
public record LedgerCounts(
        long published,
        long announced,
        long queued,
        long inFlight,
        long finished,
        long failed,
        long trained,
        long discarded,
        long abandoned,
        long lowWaterMark,
        double rewardMean) {
    /** Published and not settled. */
    public long unsettled() {
        return queued + inFlight + finished + failed;
    }

    /** Settled by any of the three ends. */
    public long settled() {
        return trained + discarded + abandoned;
    }
}
