package io.millrace.sandbox.chaos.spec;

import java.util.Locale;

/** What a process is for. */
public enum Role {
    BROKER,
    ENGINE,
    PRODUCER,
    WORKER,
    /** The trainer consumer. */
    TRAINER,
    SIMULATED_TRAINER;

    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
