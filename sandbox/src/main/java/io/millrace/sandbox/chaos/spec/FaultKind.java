package io.millrace.sandbox.chaos.spec;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What is done to a process, to its link, or to the run in its name. */
public enum FaultKind {
    /** SIGKILL; the process is started again. */
    KILL(4),
    /** SIGSTOP, and after a while SIGCONT. */
    FREEZE(2),
    /** SIGTERM; the process is started again. */
    TERMINATE(2),
    /** The link holds everything back for a moment. */
    LINK_DELAY(1),
    /** Every connection of the link is reset, once. */
    LINK_RESET(1),
    /** Every connection of the link is reset after so many bytes. */
    LINK_CUT(1),
    /** Connections stay and carry nothing. */
    LINK_BLACK_HOLE(1),
    /** Connections are reset and refused. */
    LINK_REFUSE(1),
    /** The wall clock of the process jumps, and later back. */
    CLOCK(3),
    /** SIGKILL, and the last records of some topics are gone when the broker is started again. */
    LOG_TAIL(3),
    /** Not a byte more can be written, for a while. */
    FULL_DISK(2),
    /** Garbage and requests that nobody may make, at its ports and on the run's topics. */
    HOSTILE(2),
    /** Clients that ask for a batch and do not read it. */
    STALLED_READER(3),
    /** SIGKILL, and the next trainer begins from an older checkpoint. */
    RESUME(3),
    /** The same, and the killed trainer speaks up after its successor has resumed. */
    ZOMBIE(3),
    /** SIGKILL, and the next trainer counts its weight versions from 1 again. */
    VERSION_RESTART(2);

    private static final Set<FaultKind> LINKS =
            EnumSet.of(LINK_DELAY, LINK_RESET, LINK_CUT, LINK_BLACK_HOLE, LINK_REFUSE);

    /** How often it is drawn, against the others. */
    final int weight;

    FaultKind(int weight) {
        this.weight = weight;
    }

    public boolean link() {
        return LINKS.contains(this);
    }

    public boolean hits(Role role) {
        return switch (this) {
            case KILL, FREEZE, TERMINATE, LINK_DELAY, LINK_RESET, LINK_CUT, LINK_BLACK_HOLE, LINK_REFUSE -> true;
            case CLOCK -> role == Role.PRODUCER || role == Role.WORKER || role == Role.TRAINER;
            case LOG_TAIL, FULL_DISK -> role == Role.BROKER;
            case HOSTILE -> role != Role.ENGINE && role != Role.SIMULATED_TRAINER;
            case STALLED_READER -> role == Role.TRAINER;
            case RESUME, ZOMBIE, VERSION_RESTART -> role == Role.SIMULATED_TRAINER;
        };
    }

    /** Whether it is over the moment it was done, but for calls that must be refused: those are answered first. */
    public boolean atOnce() {
        return switch (this) {
            case KILL, LINK_RESET, LOG_TAIL, HOSTILE, RESUME, VERSION_RESTART -> true;
            default -> false;
        };
    }

    /** Whether it is undone after its time; a stop, stalled readers and a zombie are over when something has happened. */
    public boolean timed() {
        return !atOnce() && this != TERMINATE && this != STALLED_READER && this != ZOMBIE;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
