package io.millrace.trainer.decide;

import io.millrace.common.id.GroupIndex;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Groups given up in a row, none finished in between, and why. One that is given up is replaced, so a run of which every
 * group fails goes on for ever and costs generation only; past the limit it is no use to go on. One owner.
 */
public final class AbandonedRow {
    /** Kinds told apart; engines and rewards have some twenty. */
    private static final int KINDS_MAX = 64;

    private static final String OTHERS = "others";
    private static final int TEXT_CHARS_MAX = 300;

    /** More than ever wait to be trained, which is what is read again. */
    private static final int FINISHED_MAX = 1 << 14;

    private final int consecutiveMax;
    /** The newest, since what waits is met again by each session. */
    private final LinkedHashSet<GroupIndex> finished = new LinkedHashSet<>();

    private final Map<String, Kind> row = new LinkedHashMap<>();
    private @Nullable String verdict;

    /** @param newest the newest cause of the kind, in full */
    private record Kind(long groups, String newest) {
        Kind and(String cause) {
            return new Kind(groups + 1, cause);
        }
    }

    /** @param consecutiveMax groups given up in a row that are borne */
    public AbandonedRow(int consecutiveMax) {
        this.consecutiveMax = consecutiveMax;
    }

    /** @param cause as {@link io.millrace.common.record.AbandonedMarker} has it */
    public void abandoned(String cause) {
        String end = lastEnd(cause);
        String kind = kind(end);
        String key = row.containsKey(kind) || row.size() < KINDS_MAX ? kind : OTHERS;
        row.merge(key, new Kind(1, end), (known, one) -> known.and(one.newest()));
        if (verdict == null && consecutive() > consecutiveMax) {
            verdict = consecutive() + " groups in a row were given up and none finished, more than"
                    + " max-consecutive-abandoned " + consecutiveMax + "; the commonest cause, of "
                    + commonest().groups() + ": " + cut(commonest().newest())
                    + ". Going on would only cost generation; every cause is on dead-letters.";
        }
    }

    /** A result of a group was met; where it is the first time, a group has finished. */
    public void finished(GroupIndex index) {
        if (finished.add(index)) {
            row.clear();
        }
        if (finished.size() > FINISHED_MAX) {
            finished.removeFirst();
        }
    }

    /** Groups given up since one finished. */
    public long consecutive() {
        return row.values().stream().mapToLong(Kind::groups).sum();
    }

    /** What to tell who waits; empty while the last group finished. */
    public Optional<String> last() {
        return row.isEmpty()
                ? Optional.empty()
                : Optional.of("last abandoned: " + consecutive() + (consecutive() == 1 ? " group" : " groups")
                        + ", commonest: " + cut(commonest().newest()));
    }

    /** Why it is no use to go on; empty while it is. It stays, whatever comes later. */
    public Optional<String> verdict() {
        return Optional.ofNullable(verdict);
    }

    private Kind commonest() {
        Kind most = new Kind(0, "");
        for (Kind kind : row.values()) {
            most = kind.groups() > most.groups() ? kind : most;
        }
        return most;
    }

    /** Behind which limit was passed. */
    private static String lastEnd(String cause) {
        int colon = cause.indexOf(": ");
        return colon < 0 ? cause : cause.substring(colon + 2);
    }

    private static String kind(String end) {
        int colon = end.indexOf(": ");
        return cut(colon < 0 ? end : end.substring(0, colon));
    }

    private static String cut(String text) {
        return text.length() <= TEXT_CHARS_MAX ? text : text.substring(0, TEXT_CHARS_MAX) + "...";
    }
}
