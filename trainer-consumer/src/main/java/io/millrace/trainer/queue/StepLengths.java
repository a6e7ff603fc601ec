package io.millrace.trainer.queue;

import io.millrace.common.id.LeaseToken;
import io.millrace.common.wire.PackedGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How many tokens the groups of the newest leases have, so that a rank's can be chosen unread. Thread-safe. */
final class StepLengths {
    private static final int LEASES_MAX = 16;

    private final Map<LeaseToken, long[]> tokens = new LinkedHashMap<>();

    /** Of each group, in the order of the lease; null when they are not known. */
    synchronized long @Nullable [] of(LeaseToken lease) {
        return tokens.get(lease);
    }

    synchronized long[] put(LeaseToken lease, List<PackedGroup> groups) {
        long[] lengths = groups.stream().mapToLong(PackedGroup::tokenCount).toArray();
        tokens.put(lease, lengths);
        if (tokens.size() > LEASES_MAX) {
            tokens.remove(tokens.keySet().iterator().next());
        }
        return lengths;
    }
}
