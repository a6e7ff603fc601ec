package io.millrace.sandbox.chaos;

import io.millrace.sandbox.cluster.Child;
import org.jspecify.annotations.Nullable;

/** A process of the run, whichever of its incarnations runs now. Owned by {@link Fleet}. */
final class Member {
    final Role role;
    final int instance;

    @Nullable
    Child child;

    /** It was killed or told to stop by the run. */
    boolean endWanted;

    /** What is done to it may end it again and again. */
    boolean endsAccepted;

    /** SIGTERM was sent, so its exit code counts. */
    boolean terminated;

    /** Since it was started last, it has been seen ready. */
    boolean ready;

    long startedNanos;
    long terminatedNanos;
    int starts;

    Member(Role role, int instance) {
        this.role = role;
        this.instance = instance;
    }

    String name() {
        return ChaosSpecs.name(role, instance);
    }

    boolean alive() {
        Child now = child;
        return now != null && now.alive();
    }
}
