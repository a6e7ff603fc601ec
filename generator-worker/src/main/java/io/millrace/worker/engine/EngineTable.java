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
 * that could not be reached, or that failed so many requests in a row, is left out for a while; then one request in each
 * such while tries it, and when that is answered, or an engine that was away says its version again, all may. When all are
 * left out, the one whose time is up first is tried, since
 * somebody has to find out. Engines come and go; one that is taken off gets nothing more and is forgotten with its last
 * request. Before load counts whether an engine is known to serve weights as new as the request asks
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

        /** Failures since the last request that it did as it should. */
        int failures;

        boolean takenOff;

        Entry(String address) {
            this.address = address;
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private final long restNanos;
    private final VersionWord.Reading versions;
    private final int failuresMax;
    private int turn;

    /** Without a bound on failures. */
    EngineTable(List<String> addresses, long restNanos, VersionWord.Reading versions) {
        this(addresses, restNanos, Integer.MAX_VALUE, versions);
    }

    /**
     * @param failuresMax failed requests in a row after which an engine is left out
     * @param versions reads what engines call their weights
     */
    EngineTable(List<String> addresses, long restNanos, int failuresMax, VersionWord.Reading versions) {
        addresses.forEach(address -> entries.add(new Entry(address)));
        this.restNanos = restNanos;
        this.failuresMax = failuresMax;
        this.versions = versions;
    }

    /** @return whether that is new: it was not there, or had been taken off */
    boolean add(String address) {
        Entry entry = find(address);
        if (entry == null) {
            entries.add(new Entry(address));
            return true;
        }
        boolean back = entry.takenOff;
        entry.takenOff = false;
        return back;
    }

    /** @return whether it was there */
    boolean takeOff(String address) {
        Entry entry = find(address);
        if (entry == null || entry.takenOff) {
            return false;
        }
        entry.takenOff = true;
        forget(entry);
        return true;
    }

    private void forget(Entry entry) {
        if (entry.takenOff && entry.inFlight == 0) {
            entries.remove(entry);
        }
    }

    /** Whether it is to get nothing more, though requests may be under way. */
    boolean isTakenOff(String address) {
        Entry entry = find(address);
        return entry == null || entry.takenOff;
    }

    /** Whether no engine is there. */
    boolean isEmpty() {
        return entries.stream().allMatch(entry -> entry.takenOff);
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
        if (best.resting) {
            // It alone tries, for as long again.
            best.restUntilNanos = nowNanos + restNanos;
        }
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
            if (entry.takenOff) {
                continue;
            }
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

    /** A request was done, or refused, as it should be. */
    void answered(String address, @Nullable String weightVersion) {
        Entry entry = ended(address);
        entry.resting = false;
        entry.failures = 0;
        entry.away = false;
        if (weightVersion != null) {
            told(address, weightVersion);
        }
    }

    /** A request was answered with a failure, or not in time. */
    void failed(String address, long nowNanos) {
        Entry entry = ended(address);
        entry.away = false;
        failure(entry, nowNanos, entry.failures + 1 >= failuresMax);
    }

    /** An engine has no room for a request. */
    void busy(String address) {
        ended(address).away = false;
    }

    /** A request ended without an answer: the engine rests. */
    void unreachable(String address, long nowNanos) {
        Entry entry = ended(address);
        entry.away = true;
        failure(entry, nowNanos, true);
        silent(address);
    }

    /** A request was given up by us; says nothing of the engine. */
    void abandoned(String address) {
        ended(address);
    }

    private void failure(Entry entry, long nowNanos, boolean rests) {
        entry.failures = Math.min(entry.failures, Integer.MAX_VALUE - 1) + 1;
        if (rests) {
            entry.resting = true;
            entry.restUntilNanos = nowNanos + restNanos;
        }
    }

    private Entry ended(String address) {
        Entry entry = find(address);
        if (entry == null) {
            throw new IllegalStateException("no engine " + address);
        }
        entry.inFlight--;
        forget(entry);
        return entry;
    }

    /** An engine said which version it serves; null when it was asked and tells none. */
    void told(String address, @Nullable String weightVersion) {
        Entry entry = find(address);
        if (entry != null) {
            entry.weightVersion = weightVersion;
            entry.tellsNone = weightVersion == null;
            entry.away = false;
            // It is back; one that fails what it is asked to do has to do it first.
            entry.resting = entry.resting && entry.failures >= failuresMax;
        }
    }

    /** An engine could not say which version it serves: what it said before may be of another process. */
    void silent(String address) {
        Entry entry = find(address);
        if (entry != null) {
            entry.weightVersion = null;
            entry.tellsNone = false;
        }
    }

    /** An engine did not answer a question. */
    void away(String address) {
        Entry entry = find(address);
        if (entry != null) {
            entry.away = true;
        }
    }

    /** What an engine said last of its version; null when nothing is known. */
    @Nullable
    String weightVersion(String address) {
        Entry entry = find(address);
        return entry == null ? null : entry.weightVersion;
    }

    /** Whether an engine has yet to be asked for its version. */
    boolean unasked(String address) {
        Entry entry = find(address);
        return entry != null && entry.weightVersion == null && !entry.tellsNone;
    }

    /** Every engine as seen now; well are those that answer, and do as they should. */
    List<EngineStatus> statuses() {
        return entries.stream()
                .filter(entry -> !entry.takenOff)
                .map(entry -> new EngineStatus(entry.address, isWell(entry), entry.inFlight, entry.weightVersion))
                .toList();
    }

    private boolean isWell(Entry entry) {
        return !entry.away && !(entry.resting && entry.failures >= failuresMax);
    }

    private @Nullable Entry find(String address) {
        for (Entry entry : entries) {
            if (entry.address.equals(address)) {
                return entry;
            }
        }
        return null;
    }
}
