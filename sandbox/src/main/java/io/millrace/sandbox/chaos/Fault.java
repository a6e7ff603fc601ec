package io.millrace.sandbox.chaos;

import java.time.Duration;

/**
 * One fault of the schedule.
 *
 * @param number 1 for the first
 * @param instance which process of the role, 0 for the first
 * @param duration until it is undone; 0 where there is nothing to undo
 * @param amount milliseconds of a delay, bytes of a cut, else 0
 * @param pause from the recovery before it, or from the fault before it where it comes on top
 * @param onTop it does not wait until the run has recovered from the one before
 */
record Fault(
        int number,
        FaultKind kind,
        Role role,
        int instance,
        Duration duration,
        long amount,
        Duration pause,
        boolean onTop) {
    /** What it does, in words. */
    String words() {
        StringBuilder words = new StringBuilder(kind.word()).append(" of ").append(role.word());
        words.append(' ').append(instance + 1);
        if (amount > 0) {
            words.append(kind == FaultKind.LINK_DELAY ? ", " + amount + " ms" : ", " + amount + " bytes");
        }
        if (duration.isPositive()) {
            words.append(" for ").append(duration.toMillis()).append(" ms");
        }
        return onTop ? words + ", on top of the one before" : words.toString();
    }
}
