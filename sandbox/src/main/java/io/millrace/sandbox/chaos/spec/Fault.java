package io.millrace.sandbox.chaos.spec;

import java.time.Duration;

/**
 * One fault of the schedule.
 *
 * @param number 1 for the first
 * @param instance which process of the role, 0 for the first
 * @param duration until it is undone; 0 where there is nothing to undo
 * @param amount milliseconds of a delay, bytes of a cut, seconds that a clock jumps, steps that a trainer goes back
 *     (below 0 with new batches, else with the recorded ones), which topics lose their ends; else 0
 * @param pause from the recovery before it, or from the fault before it where it comes on top
 * @param onTop it does not wait until the run has recovered from the one before
 */
public record Fault(
        int number,
        FaultKind kind,
        Role role,
        int instance,
        Duration duration,
        long amount,
        Duration pause,
        boolean onTop) {
    /** What it does, in words. */
    public String words() {
        StringBuilder words = new StringBuilder(kind.word()).append(" of ").append(role.word());
        words.append(' ').append(instance + 1);
        words.append(
                switch (kind) {
                    case LINK_DELAY -> ", " + amount + " ms";
                    case LINK_CUT -> ", " + amount + " bytes";
                    case CLOCK -> ", " + amount + " s";
                    case RESUME, ZOMBIE ->
                        ", " + Math.abs(amount) + " steps back, " + (amount < 0 ? "fresh" : "replay");
                    default -> "";
                });
        if (duration.isPositive()) {
            words.append(" for ").append(duration.toMillis()).append(" ms");
        }
        return onTop ? words + ", on top of the one before" : words.toString();
    }
}
