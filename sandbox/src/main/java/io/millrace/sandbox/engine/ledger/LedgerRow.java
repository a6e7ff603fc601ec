package io.millrace.sandbox.engine.ledger;

import java.util.List;

/**
 * One request as the ledger saw it. Times are nanoseconds since 1970, taken from the monotonic clock and anchored to
 * wall time once, so their differences are exact; {@link #NOT_YET} where it has not happened.
 *
 * @param rid request id, empty when the request named none that could be read
 * @param startNanos when it got its slot
 * @param spans which version made which of its tokens
 * @param endNanos when it gave it back, or left otherwise
 */
public record LedgerRow(
        String rid,
        String remote,
        long arrivalNanos,
        long startNanos,
        long endNanos,
        int promptTokens,
        int completionTokens,
        List<WeightVersions.Span> spans,
        Outcome outcome) {
    /** A time that has not come. */
    public static final long NOT_YET = Long.MAX_VALUE;

    /** Whether it ever held a slot. */
    boolean started() {
        return startNanos != NOT_YET;
    }

    /** As it is told. */
    public LedgerLine told() {
        return new LedgerLine(
                rid,
                remote,
                LedgerSummary.millis(arrivalNanos),
                started() ? LedgerSummary.millis(startNanos) : null,
                endNanos == NOT_YET ? null : LedgerSummary.millis(endNanos),
                promptTokens,
                completionTokens,
                spans,
                outcome);
    }
}
