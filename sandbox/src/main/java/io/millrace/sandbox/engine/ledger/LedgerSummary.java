package io.millrace.sandbox.engine.ledger;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a window [from, to). A request is busy from getting its slot to giving it back; requests that only
 * partly fall into the window count with that part.
 *
 * @param requests arrived in the window, the rejected included
 * @param completed ended in the window by themselves or by the token limit
 * @param aborted ended in the window from outside
 * @param rejected turned away in the window
 * @param running holding a slot at the end of the window
 * @param peakRunning most slots held at one moment of the window
 * @param busySeconds sum of the busy times
 * @param occupancy busy time over window times slots; null when the number of slots was not given or the window is empty
 * @param samplesPerSecond completed over window
 * @param tokensPerSecond completion tokens of all that ended in the window, over window
 * @param firstStartMs first moment a slot was held, milliseconds since 1970; null if none was
 * @param lastEndMs last moment a slot was held; null if none was
 * @param duplicates rids that were admitted more than once among the requests that arrived in the window
 * @param unrecorded requests since start that did not fit into the ledger; above 0 the other figures are too low
 */
public record LedgerSummary(
        long requests,
        long completed,
        long aborted,
        long rejected,
        long running,
        long peakRunning,
        double busySeconds,
        double windowSeconds,
        @Nullable Double occupancy,
        double samplesPerSecond,
        double tokensPerSecond,
        @Nullable Double firstStartMs,
        @Nullable Double lastEndMs,
        long duplicates,
        long unrecorded) {

    /** Sums these rows up; pure. {@code slots} 0 means not given. */
    public static LedgerSummary of(List<LedgerRow> rows, long fromNanos, long toNanos, int slots, long unrecorded) {
        Tally tally = new Tally(fromNanos, toNanos);
        rows.forEach(tally::add);
        double window = Math.max(0, toNanos - fromNanos) / 1e9;
        double busy = tally.busyNanos / 1e9;
        return new LedgerSummary(
                tally.requests,
                tally.completed,
                tally.aborted,
                tally.rejected,
                tally.runningAtEnd,
                tally.peak(),
                busy,
                window,
                slots > 0 && window > 0 ? busy / (window * slots) : null,
                window > 0 ? tally.completed / window : 0,
                window > 0 ? tally.tokens / window : 0,
                tally.firstStart == Long.MAX_VALUE ? null : millis(tally.firstStart),
                tally.lastEnd == Long.MIN_VALUE ? null : millis(tally.lastEnd),
                tally.admissionsByRid.values().stream().filter(n -> n > 1).count(),
                unrecorded);
    }

    /** Nanoseconds as milliseconds with their fraction. */
    public static double millis(long nanos) {
        return Math.floor(nanos / 1e3) / 1e3;
    }

    private static final class Tally {
        private final long from;
        private final long to;
        private final Map<String, Integer> admissionsByRid = new HashMap<>();
        private long[] starts = new long[1024];
        private long[] ends = new long[1024];
        private int intervals;
        private long requests;
        private long completed;
        private long aborted;
        private long rejected;
        private long runningAtEnd;
        private long tokens;
        private double busyNanos;
        private long firstStart = Long.MAX_VALUE;
        private long lastEnd = Long.MIN_VALUE;

        Tally(long from, long to) {
            this.from = from;
            this.to = to;
        }

        void add(LedgerRow row) {
            if (inWindow(row.arrivalNanos())) {
                requests++;
                if (row.outcome() != Outcome.REJECTED && !row.rid().isEmpty()) {
                    admissionsByRid.merge(row.rid(), 1, Integer::sum);
                }
            }
            if (inWindow(row.endNanos())) {
                tokens += row.completionTokens();
                switch (row.outcome()) {
                    case STOP, LENGTH -> completed++;
                    case ABORT -> aborted++;
                    case REJECTED -> rejected++;
                    case OPEN -> throw new IllegalStateException("an open request has ended: " + row);
                }
            }
            if (row.started()) {
                addBusy(Math.max(from, row.startNanos()), Math.min(to, row.endNanos()));
                if (row.startNanos() < to && row.endNanos() >= to) {
                    runningAtEnd++;
                }
            }
        }

        private boolean inWindow(long nanos) {
            return nanos >= from && nanos < to;
        }

        private void addBusy(long start, long end) {
            if (end <= start) {
                return;
            }
            busyNanos += end - start;
            firstStart = Math.min(firstStart, start);
            lastEnd = Math.max(lastEnd, end);
            if (intervals == starts.length) {
                starts = Arrays.copyOf(starts, intervals * 2);
                ends = Arrays.copyOf(ends, intervals * 2);
            }
            starts[intervals] = start;
            ends[intervals++] = end;
        }

        /** The most intervals open at once; one that ends where another starts does not overlap it. */
        private long peak() {
            Arrays.sort(starts, 0, intervals);
            Arrays.sort(ends, 0, intervals);
            int ended = 0;
            int peak = 0;
            for (int started = 0; started < intervals; started++) {
                while (ends[ended] <= starts[started]) {
                    ended++;
                }
                peak = Math.max(peak, started + 1 - ended);
            }
            return peak;
        }
    }
}
