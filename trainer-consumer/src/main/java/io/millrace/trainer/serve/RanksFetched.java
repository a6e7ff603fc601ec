package io.millrace.trainer.serve;

import io.millrace.common.id.LeaseToken;
import io.millrace.trainer.batch.BatchShare;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says when a step is acknowledged of which this process has handed out some ranks' shares and not others'. An
 * acknowledgement settles the whole step all the same: who waits for whom is the trainer's own business, and a rank may
 * have its share from before a restart. Thread-safe.
 */
final class RanksFetched {
    private static final Logger log = LoggerFactory.getLogger(RanksFetched.class);
    private static final int LEASES_MAX = 16;

    private record Fetched(int world, BitSet ranks) {}

    private final Map<LeaseToken, Fetched> leases = new LinkedHashMap<>();

    synchronized void fetched(LeaseToken lease, BatchShare share) {
        Fetched fetched = leases.computeIfAbsent(lease, key -> new Fetched(share.world(), new BitSet()));
        if (fetched.world() != share.world()) {
            fetched = new Fetched(share.world(), new BitSet());
            leases.put(lease, fetched);
        }
        fetched.ranks().set(share.rank());
        if (leases.size() > LEASES_MAX) {
            leases.remove(leases.keySet().iterator().next());
        }
    }

    /** Returns how many ranks have not fetched theirs; 0 when nothing is known. */
    synchronized int acknowledged(LeaseToken lease) {
        Fetched fetched = leases.remove(lease);
        if (fetched == null) {
            return 0;
        }
        int missing = fetched.world() - fetched.ranks().cardinality();
        if (missing > 0) {
            log.warn(
                    "step {} is acknowledged, and {} of its {} ranks, rank {} the first, have not fetched their groups from"
                            + " this process",
                    lease.step(),
                    missing,
                    fetched.world(),
                    fetched.ranks().nextClearBit(0));
        }
        return missing;
    }
}
