package io.millrace.sandbox.chaos;

import java.util.Locale;

/** What is done to a process or its link. */
enum FaultKind {
    /** SIGKILL; the process is started again. */
    KILL(4, false),
    /** SIGSTOP, and after a while SIGCONT. */
    FREEZE(2, false),
    /** SIGTERM; the process is started again. */
    TERMINATE(2, false),
    /** The link holds everything back for a moment. */
    LINK_DELAY(1, true),
    /** Every connection of the link is reset, once. */
    LINK_RESET(1, true),
    /** Every connection of the link is reset after so many bytes. */
    LINK_CUT(1, true),
    /** Connections stay and carry nothing. */
    LINK_BLACK_HOLE(1, true),
    /** Connections are reset and refused. */
    LINK_REFUSE(1, true);

    /** How often it is drawn, against the others. */
    final int weight;

    final boolean link;

    FaultKind(int weight, boolean link) {
        this.weight = weight;
        this.link = link;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
