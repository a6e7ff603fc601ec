package io.millrace.producer.ledger;

import java.time.Duration;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Whether the ledger knows what workers say now, and since when. It knows while each of its own heartbeats comes back
 * from the {@code workers} topic within the limit and its turns follow one another within the limit. After any gap
 * (broker away, ledger frozen, a read that lags) only a heartbeat sent after the gap was noticed counts: whoever reads
 * it has read every status written before it, so nothing older can be taken for silence. Times are of the ledger's
 * monotonic clock, milliseconds. Pure; one owner.
 */
public final class Liveness {
    private final long limitMs;
    private final long staleMs;
    private final NavigableMap<Long, Long> sentAtMs = new TreeMap<>();
    private long newestSent = Long.MIN_VALUE;
    private long firstThatCounts = Long.MIN_VALUE;
    private long lastTurnMs;
    private long heardOfMs;
    private long sinceMs;
    private boolean turned;
    private boolean caughtUp;

    /**
     * @param limit how soon a heartbeat must be read back
     * @param period how often one is sent
     */
    public Liveness(Duration limit, Duration period) {
        this.limitMs = limit.toMillis();
        this.staleMs = limit.plus(period).toMillis();
    }

    /** A heartbeat was handed to the broker's client; sequences rise. */
    public void sent(long sequence, long nowMs) {
        newestSent = sequence;
        sentAtMs.put(sequence, nowMs);
    }

    /** A heartbeat of this ledger was read. */
    public void readBack(long sequence, long nowMs) {
        Long sent = sentAtMs.get(sequence);
        sentAtMs.headMap(sequence, true).clear();
        if (sent == null || sequence < firstThatCounts || nowMs - sent > limitMs) {
            return;
        }
        heardOfMs = sent;
        if (!caughtUp) {
            caughtUp = true;
            sinceMs = nowMs;
        }
    }

    /**
     * Notices gaps; called each turn, after what has arrived was read and before anything is decided.
     *
     * @return false when a gap was noticed now
     */
    public boolean turn(long nowMs) {
        boolean late = !sentAtMs.isEmpty() && nowMs - sentAtMs.firstEntry().getValue() > limitMs;
        // Also where none could be sent, since the last is still unanswered though it was read.
        boolean stale = caughtUp && nowMs - heardOfMs > staleMs;
        boolean paused = turned && nowMs - lastTurnMs > limitMs;
        turned = true;
        lastTurnMs = nowMs;
        if (!late && !stale && !paused) {
            return true;
        }
        caughtUp = false;
        firstThatCounts = newestSent + 1;
        sentAtMs.clear();
        return false;
    }

    public boolean caughtUp() {
        return caughtUp;
    }

    /** When the present time without a gap began; empty during a gap. Whatever is measured in silence begins there. */
    public OptionalLong sinceMs() {
        return caughtUp ? OptionalLong.of(sinceMs) : OptionalLong.empty();
    }
}
