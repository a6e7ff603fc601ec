package io.millrace.trainer.gate;

/** Which finished groups come first. */
public enum BatchOrder {
    /** By the oldest weight version of their tokens, then by index. */
    OLDEST_FIRST,
    /** As they finished, as slime's queue does; the oldest where the bound asks for it. */
    COMPLETION_ORDER,
    /** By index without a gap, so that a step has the same groups whatever the timing. */
    STRICT
}
