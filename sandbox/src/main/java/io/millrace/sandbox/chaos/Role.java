package io.millrace.sandbox.chaos;

import java.util.Locale;

/** What a process is for. */
enum Role {
    BROKER,
    ENGINE,
    PRODUCER,
    WORKER,
    /** The trainer consumer. */
    TRAINER,
    SIMULATED_TRAINER;

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
