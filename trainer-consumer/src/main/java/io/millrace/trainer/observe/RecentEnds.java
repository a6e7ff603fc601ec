package io.millrace.trainer.observe;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.DeadLetter;
import io.millrace.trainer.observe.RunView.End;
import io.millrace.trainer.observe.RunView.Letter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What ended otherwise than by training, and the dead letters: the newest, and counts by reason. Not thread-safe. */
final class RecentEnds {
    static final int ENDS_MAX = 200;
    static final int LETTERS_MAX = 50;

    /** Reasons that hold numbers have no end. */
    static final int REASONS_MAX = 64;

    /** Of a text for people; a cause may be a stack trace. */
    static final int REASON_CHARS_MAX = 500;

    private static final String OTHERS = "others";

    private final Deque<End> ends = new ArrayDeque<>();
    private final Map<String, Long> byReason = new TreeMap<>();
    private final Deque<Letter> letters = new ArrayDeque<>();
    private long letterCount;

    void add(long ms, String what, @Nullable GroupIndex group, @Nullable Attempt attempt, String reason) {
        ends.addFirst(new End(ms, what, group, attempt, cut(reason)));
        if (ends.size() > ENDS_MAX) {
            ends.removeLast();
        }
    }

    /** Counts one under a stable word, such as {@code discarded: stale}. */
    void count(String what, String word) {
        String key = what + ": " + cut(word);
        byReason.merge(
                byReason.containsKey(key) || byReason.size() < REASONS_MAX ? key : what + ": " + OTHERS, 1L, Long::sum);
    }

    void letter(DeadLetter letter, long ms) {
        letterCount++;
        letters.addFirst(
                switch (letter) {
                    case DeadLetter.Group group ->
                        new Letter(
                                ms,
                                "group " + group.task().groupIndex(),
                                cut(group.cause()),
                                group.history().ends().stream()
                                        .map(RecentEnds::text)
                                        .toList());
                    case DeadLetter.Unreadable record ->
                        new Letter(
                                ms,
                                record.topic() + " partition " + record.partition() + " offset " + record.offset(),
                                cut(record.reader() + ": " + record.reason()),
                                List.of());
                });
        if (letters.size() > LETTERS_MAX) {
            letters.removeLast();
        }
    }

    private static String text(AttemptHistory.AttemptEnd end) {
        return "attempt " + end.attempt() + " "
                + end.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + end.cause();
    }

    private static String cut(String text) {
        return text.length() <= REASON_CHARS_MAX ? text : text.substring(0, REASON_CHARS_MAX) + " ...";
    }

    /** The newest first; the topics are read side by side, so that they come a little out of order. */
    List<End> ends() {
        List<End> sorted = new ArrayList<>(ends);
        sorted.sort(Comparator.comparingLong((End end) -> -end.ms()));
        return sorted;
    }

    Map<String, Long> byReason() {
        return byReason;
    }

    RunView.DeadLetters letters() {
        return new RunView.DeadLetters(letterCount, List.copyOf(letters));
    }
}
