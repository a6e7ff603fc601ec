package io.millrace.trainer.loop;

import io.millrace.common.record.Policy;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether an update or a pause takes too long. Only the trainer knows when engines serve a version, so nothing is ever
 * taken for ready here: people are told. Immutable.
 *
 * @param limit of one update or pause
 */
record UpdateWatch(Duration limit) {
    boolean isOverdue(Policy policy, Duration stood) {
        return policy.state() != Policy.State.READY && stood.compareTo(limit) > 0;
    }

    /**
     * The same text as long as nothing changes; empty when nothing is wrong.
     *
     * @param stood how long this process has known the policy, by its monotonic clock
     */
    Optional<String> warning(Policy policy, Duration stood) {
        return isOverdue(policy, stood)
                ? Optional.of("the trainer said " + policy.state().word() + " more than " + limit.toSeconds()
                        + " s ago (update-limit) and has not said ready since: it announces ready with POST /v1/policy,"
                        + " or a newer weight_version with an acknowledgement")
                : Optional.empty();
    }
}
