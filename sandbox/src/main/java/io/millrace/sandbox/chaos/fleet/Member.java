package io.millrace.sandbox.chaos.fleet;

import io.millrace.sandbox.chaos.spec.ChaosSpecs;
import io.millrace.sandbox.chaos.spec.Role;
import io.millrace.sandbox.cluster.Child;
import org.jspecify.annotations.Nullable;

/** A process of the run, whichever of its incarnations runs now. Owned by {@link Fleet}. */
public final class Member {
    final Role role;
    public final int instance;

    @Nullable
    public Child child;

    /** It was killed or told to stop by the run. */
    boolean endWanted;

    /** What is done to it may end it again and again. */
    public boolean endsAccepted;

    /** SIGTERM was sent, so its exit code counts. */
    boolean terminated;

    /** Since it was started last, it has been seen ready. */
    boolean ready;

    long startedNanos;
    long terminatedNanos;
    public int starts;

    Member(Role role, int instance) {
        this.role = role;
        this.instance = instance;
    }

    String name() {
        return ChaosSpecs.name(role, instance);
    }

    public boolean alive() {
        Child now = child;
        return now != null && now.alive();
    }
}
