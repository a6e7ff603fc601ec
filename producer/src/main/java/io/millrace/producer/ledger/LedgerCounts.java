package io.millrace.producer.ledger;

/**
 * Groups by state.
 *
 * @param published groups whose publication the ledger has read, settled ones from before its start not counted
 * @param announced named by another topic before their publication was read; part of nothing else
 * @param failed their latest attempt ended without a result, and the next is about to be issued
 * @param abandoning given up, and not settled yet
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
        long abandoning,
        long lowWaterMark,
        double rewardMean) {
    /** Published, and neither finished nor given up. */
    public long unfinished() {
        return queued + inFlight + failed;
    }

    /** Published and not settled. */
    public long unsettled() {
        return queued + inFlight + finished + failed + abandoning;
    }
}
