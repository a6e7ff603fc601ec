package io.millrace.common.rollout;

import org.jspecify.annotations.Nullable;

/**
 * When a sample came how far, in milliseconds since its group's claim, by the worker's monotonic clock; null for what did
 * not happen, or was not told.
 *
 * @param sample its place in the group, from 0
 * @param startedMs it had its slot
 * @param firstTokenMs its engine had made its first token; few engines tell
 * @param endedMs its generation ended
 * @param judgedMs it had its reward
 */
public record SampleTiming(
        int sample,
        long startedMs,
        @Nullable Long firstTokenMs,
        @Nullable Long endedMs,
        @Nullable Long judgedMs) {
    public SampleTiming {
        if (sample < 0 || startedMs < 0) {
            throw new IllegalArgumentException("a timing has a sample and a start of 0 or more");
        }
    }
}
