package io.millrace.ops.trace;

/**
 * Something that took its time.
 *
 * @param fromMs by the broker's clock, milliseconds since 1970
 * @param toMs not before it
 * @param who a role, or a worker by name
 * @param track what stands beside it at the same time stands on another: 0 for the group, 1 and above for its samples
 */
record Stretch(long fromMs, long toMs, String who, int track, String what) {
    Stretch {
        toMs = Math.max(fromMs, toMs);
    }
}
