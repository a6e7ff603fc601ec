package io.millrace.sandbox.proxy;

import java.time.Duration;

/** How a link treats what it carries. Immutable. */
public sealed interface LinkState {
    /** Forwards at once. */
    record Clear() implements LinkState {}

    /**
     * Each read, of at most one buffer, is held back this long before it goes on, in both directions; so a direction
     * carries one buffer per delay.
     */
    record Delayed(Duration delay) implements LinkState {
        public Delayed {
            if (delay.isNegative()) {
                throw new IllegalArgumentException("a delay is 0 or more, was " + delay);
            }
        }
    }

    /** Each connection is reset after it has carried so many more bytes, both directions together. */
    record CutAfter(long bytes) implements LinkState {
        public CutAfter {
            if (bytes < 0) {
                throw new IllegalArgumentException("bytes must be 0 or more, was " + bytes);
            }
        }
    }

    /** Connections stay and new ones are taken, but nothing goes through; what was sent goes on when the link clears. */
    record BlackHole() implements LinkState {}

    /** Open connections are reset, and nothing listens. */
    record Refused() implements LinkState {}
}
