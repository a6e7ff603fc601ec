package io.millrace.sandbox.engine.ledger;

import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every request the engine saw: the judge of slot occupancy and of duplicates, independent of the workers' own
 * counters. Bounded; requests beyond the bound are counted, reported and warned about, never silently missing.
 * Thread-safe.
 */
public final class RequestLedger {
    private static final Logger LOG = LoggerFactory.getLogger(RequestLedger.class);

    private final int requestsMax;
    private final LedgerFile file;
    private final Ticker ticker;
    private final long openedNanos;
    private final long epochMinusTickerNanos;
    private final List<Line> lines = new ArrayList<>();
    private long unrecorded;

    /** @param file gets every request that has ended */
    public RequestLedger(int requestsMax, LedgerFile file, Ticker ticker, WallClock wallClock) {
        this.requestsMax = requestsMax;
        this.file = file;
        this.ticker = ticker;
        this.openedNanos = wallClock.millis() * 1_000_000;
        this.epochMinusTickerNanos = openedNanos - ticker.nanos();
    }

    /** A request's line, to be told what happens to it next. One that did not fit is told in vain. */
    public final class Line {
        private final String rid;
        private final String remote;
        private final long arrivalNanos;
        private final int promptTokens;
        private long startNanos = LedgerRow.NOT_YET;
        private long endNanos = LedgerRow.NOT_YET;
        private int completionTokens;
        private List<WeightVersions.Span> spans = List.of();
        private Outcome outcome = Outcome.OPEN;

        private Line(String rid, String remote, long arrivalNanos, int promptTokens) {
            this.rid = rid;
            this.remote = remote;
            this.arrivalNanos = arrivalNanos;
            this.promptTokens = promptTokens;
        }

        /** It got a slot, at this moment of the engine's ticker. */
        public void started(long tickerNanos) {
            synchronized (RequestLedger.this) {
                startNanos = epochMinusTickerNanos + tickerNanos;
            }
        }

        /** It left, at this moment of the engine's ticker. */
        public void ended(long tickerNanos, int tokens, List<WeightVersions.Span> versions, Outcome how) {
            synchronized (RequestLedger.this) {
                endNanos = epochMinusTickerNanos + tickerNanos;
                completionTokens = tokens;
                spans = List.copyOf(versions);
                outcome = how;
                file.append(row());
            }
        }

        private LedgerRow row() {
            return new LedgerRow(
                    rid, remote, arrivalNanos, startNanos, endNanos, promptTokens, completionTokens, spans, outcome);
        }
    }

    /** A request came in. */
    public synchronized Line arrived(String rid, String remote, int promptTokens, long tickerNanos) {
        Line line = new Line(rid, remote, epochMinusTickerNanos + tickerNanos, promptTokens);
        if (lines.size() < requestsMax) {
            lines.add(line);
        } else if (unrecorded++ == 0) {
            LOG.warn(
                    "the request ledger is full at ledgerRequestsMax={}; later requests are only counted", requestsMax);
        }
        return line;
    }

    /** Requests that did not fit. */
    public synchronized long unrecorded() {
        return unrecorded;
    }

    /** The requests that arrived or were still there in this window, in order of arrival. */
    public synchronized List<LedgerRow> rows(long fromNanos, long toNanos) {
        List<LedgerRow> rows = new ArrayList<>();
        for (Line line : lines) {
            if (line.arrivalNanos < toNanos && line.endNanos >= fromNanos) {
                rows.add(line.row());
            }
        }
        return rows;
    }

    /** When the ledger began, nanoseconds since 1970. */
    public long openedNanos() {
        return openedNanos;
    }

    /** Nanoseconds since 1970, on the ledger's scale. */
    public long nowNanos() {
        return epochMinusTickerNanos + ticker.nanos();
    }
}
