package io.millrace.sandbox.engine.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Which weight version was in force when. Remembers the last {@value #REMEMBERED} changes; a request that saw more is
 * credited with the oldest of them from its start. Thread-safe.
 */
public final class WeightVersions {
    private static final int REMEMBERED = 1_000;

    private final ArrayDeque<Change> changes = new ArrayDeque<>();

    /** A version, in force from this moment on. */
    record Change(long atNanos, String version) {}

    /** Tokens {@code start} to {@code end}, exclusive, came from this version; SGLang's {@code weight_versions}. */
    public record Span(String version, int start, int end) {}

    public WeightVersions(String first) {
        changes.add(new Change(Long.MIN_VALUE, first));
    }

    /** The version in force. */
    public synchronized String current() {
        return changes.getLast().version();
    }

    /** Sets the version in force from this moment on. */
    public synchronized void set(String version, long nowNanos) {
        changes.addLast(new Change(nowNanos, version));
        if (changes.size() > REMEMBERED) {
            changes.removeFirst();
        }
    }

    /** The spans of a request, from what is remembered. */
    public synchronized List<Span> spans(long startNanos, long plannedNanos, int plannedTokens, int keptTokens) {
        return split(List.copyOf(changes), startNanos, plannedNanos, plannedTokens, keptTokens);
    }

    /**
     * Splits tokens made evenly over {@code plannedNanos} at the changes: contiguous half-open spans from 0 to
     * {@code keptTokens}, none empty; no span at all when no token was kept.
     */
    static List<Span> split(
            List<Change> changes, long startNanos, long plannedNanos, int plannedTokens, int keptTokens) {
        List<Span> spans = new ArrayList<>(1);
        String version = changes.getFirst().version();
        int from = 0;
        for (Change change : changes.subList(1, changes.size())) {
            int until = tokensMade(change.atNanos() - startNanos, plannedNanos, plannedTokens, keptTokens);
            if (until > from) {
                spans.add(new Span(version, from, until));
                from = until;
            }
            version = change.version();
        }
        if (keptTokens > from) {
            spans.add(new Span(version, from, keptTokens));
        }
        return mergeEqualNeighbours(spans);
    }

    private static List<Span> mergeEqualNeighbours(List<Span> spans) {
        if (spans.size() < 2) {
            return spans;
        }
        List<Span> merged = new ArrayList<>(spans.size());
        for (Span span : spans) {
            if (!merged.isEmpty() && merged.getLast().version().equals(span.version())) {
                Span last = merged.removeLast();
                merged.add(new Span(last.version(), last.start(), span.end()));
            } else {
                merged.add(span);
            }
        }
        return merged;
    }

    /** Tokens that exist after this time: the first is there at once, the others come evenly. */
    public static int tokensMade(long elapsedNanos, long plannedNanos, int plannedTokens, int keptTokens) {
        if (elapsedNanos <= 0) {
            return 0;
        }
        if (elapsedNanos >= plannedNanos) {
            return keptTokens;
        }
        long made = (long) ((double) elapsedNanos / plannedNanos * plannedTokens);
        return (int) Math.min(keptTokens, Math.max(1, made));
    }
}
