package io.millrace.sandbox.trainer;

import java.util.List;

/**
 * A step as the trainer consumer hands it over.
 *
 * @param token what the batch is fetched and acknowledged by
 * @param weightVersion the version at hand-over
 * @param groupIndices as listed, in its order
 */
record Lease(long lineage, long step, String token, long weightVersion, long leasedAtMs, List<Long> groupIndices) {
    Lease {
        groupIndices = List.copyOf(groupIndices);
    }
}
