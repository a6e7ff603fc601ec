package io.millrace.producer.session;

import org.jspecify.annotations.Nullable;

/** The identity of this process, taken when it first takes the run and kept over its sessions. One owner. */
public final class ProcessIdentity {
    private @Nullable LedgerIdentity own;

    /**
     * @param highest the highest on the workers topic
     * @throws FencedException when that is a newer producer's
     */
    LedgerIdentity above(LedgerIdentity highest, long nowMs) throws FencedException {
        LedgerIdentity present = own;
        if (present == null) {
            present = LedgerIdentity.after(highest, nowMs);
            own = present;
        }
        if (highest.compareTo(present) > 0) {
            throw new FencedException(highest.toString(), present.toString());
        }
        return present;
    }
}
