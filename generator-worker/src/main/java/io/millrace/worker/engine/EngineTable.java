package io.millrace.worker.engine;

import io.millrace.common.record.WorkersRecord.EngineStatus;
import io.millrace.worker.engine.dialect.VersionWord;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which engine a request goes to: the one with the fewest requests of this worker, among those that are well. An engine
 * that could not be reached is left out for a while; when all are, the one whose time is up first is tried, since
 * somebody has to find out. Before load counts whether an engine is known to serve weights as new as the request asks
 * for, and then whether it is not known to serve older ones. Pure: gets the time. Not thread-safe; {@link EnginePool} owns it.
 */
final class EngineTable {
    /** What is known of an engine's weights, against the version a request asks for; best first. */
    private enum Weights {
        NEW_ENOUGH,
        UNKNOWN,
        BEHIND
    }

    private static final class Entry {
        final String address;
        int inFlight;
        long restUntilNanos;
        boolean resting;

        /** As it said last; null while it has said nothing, also after it was away: it may have been replaced. */
        @Nullable
        String weightVersion;

        /** It was asked and tells none. */
        boolean tellsNone;

        /** Neither its last request nor its last question was answered; says nothing of where requests go. */
        boolean away;

        Entry(String address) {
            this.address = address;
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private final long restNanos;
    private final VersionWord.Reading versions;
    private int turn;

    /** @param versions reads what engines call their weights */
    EngineTable(List<String> addresses, long restNanos, VersionWord.Reading versions) {
        addresses.forEach(address -> entries.add(new Entry(address)));
        this.restNanos = restNanos;
        this.versions = versions;
    }

    /**
     * Picks an engine and counts a request to it.
     *
     * @param avoid addresses that already failed for this request; used only when there is no other
     * @param leastVersion the version of the weights the request asks for, or a newer one; 0 where it does not matter
     * @param anyVersion whether one that serves older weights will do when there is no better
     * @return null only when an engine that serves older weights is all there is and will not do; nothing is counted
     *     then
     */
    @Nullable
    Pick acquire(long nowNanos, Set<String> avoid, long leastVersion, boolean anyVersion) {
        Entry best = best(nowNanos, avoid, leastVersion);
        boolean behind = weights(best, leastVersion) == Weights.BEHIND;
        if (behind && !anyVersion) {
            return null;
        }
        best.inFlight++;
        return new Pick(best.address, behind);
    }

    /**
     * An engine picked.
     *
     * @param behind whether it serves weights older than asked for
     */
    record Pick(String address, boolean behind) {}

    private Entry best(long nowNanos, Set<String> avoid, long leastVersion) {
        turn++;
        Entry best = null;
        for (int i = 0; i < entries.size(); i++) {
            // Starting at another entry each time spreads requests over engines of equal load.
            Entry entry = entries.get((turn + i) % entries.size());
            if (best == null || better(entry, best, nowNanos, avoid, leastVersion)) {
                best = entry;
            }
        }
        if (best == null) {
            throw new IllegalStateException("no engine is configured");
        }
        return best;
    }

    private Weights weights(Entry entry, long leastVersion) {
        OptionalLong version = versions.version(entry.weightVersion);
        if (version.isEmpty()) {
            return Weights.UNKNOWN;
        }
        return version.getAsLong() >= leastVersion ? Weights.NEW_ENOUGH : Weights.BEHIND;
    }

    private boolean better(Entry a, Entry b, long nowNanos, Set<String> avoid, long leastVersion) {
        boolean aRests = rests(a, nowNanos);
        boolean bRests = rests(b, nowNanos);
        if (aRests != bRests) {
            return bRests;
        }
        boolean aFailed = avoid.contains(a.address);
        boolean bFailed = avoid.contains(b.address);
        if (aFailed != bFailed) {
            return bFailed;
        }
        if (aRests && a.restUntilNanos != b.restUntilNanos) {
            return a.restUntilNanos - b.restUntilNanos < 0;
        }
        int weights = weights(a, leastVersion).compareTo(weights(b, leastVersion));
        return weights != 0 ? weights < 0 : a.inFlight < b.inFlight;
    }

    private static boolean rests(Entry entry, long nowNanos) {
        return entry.resting && entry.restUntilNanos - nowNanos > 0;
    }

    /** A request ended with an answer of the engine, good or bad. */
    void answered(String address, @Nullable String weightVersion) {
        Entry entry = entry(address);
        entry.inFlight--;
        entry.resting = false;
        entry.away = false;
        if (weightVersion != null) {
            told(address, weightVersion);
        }
    }

    /** An engine said which version it serves; null when it was asked and tells none. */
    void told(String address, @Nullable String weightVersion) {
        Entry entry = entry(address);
        entry.weightVersion = weightVersion;
        entry.tellsNone = weightVersion == null;
        entry.away = false;
    }

    /** An engine could not say which version it serves: what it said before may be of another process. */
    void silent(String address) {
        Entry entry = entry(address);
        entry.weightVersion = null;
        entry.tellsNone = false;
    }

    /** An engine did not answer a question. */
    void away(String address) {
        entry(address).away = true;
    }

    /** What an engine said last of its version; null when nothing is known. */
    @Nullable
    String weightVersion(String address) {
        return entry(address).weightVersion;
    }

    /** Whether an engine has yet to be asked for its version. */
    boolean unasked(String address) {
        Entry entry = entry(address);
        return entry.weightVersion == null && !entry.tellsNone;
    }

    /** A request ended without an answer: the engine rests. */
    void unreachable(String address, long nowNanos) {
        Entry entry = entry(address);
        entry.inFlight--;
        entry.resting = true;
        entry.restUntilNanos = nowNanos + restNanos;
        entry.away = true;
        silent(address);
    }

    /** A request was given up by us; says nothing of the engine. */
    void abandoned(String address) {
        entry(address).inFlight--;
    }

    /** Every engine as seen now. */
    List<EngineStatus> statuses() {
        return entries.stream()
                .map(entry -> new EngineStatus(entry.address, !entry.away, entry.inFlight, entry.weightVersion))
                .toList();
    }

    private Entry entry(String address) {
        for (Entry entry : entries) {
            if (entry.address.equals(address)) {
                return entry;
            }
        }
        throw new IllegalStateException("no engine " + address);
    }
}
