package io.millrace.producer.session;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a producer process calls itself in its heartbeats: a generation that rises with each process that takes the run,
 * and a name that tells two of one generation apart. The highest on the {@code workers} topic has the run; whoever reads
 * a higher one than its own ends. It is written before the older producer is fenced, so a producer that finds itself
 * fenced and no higher identity there was not taken over: the broker gave up its transaction, and it goes on.
 *
 * @param generation milliseconds since 1970 at the start of the process, or one above the highest read then, so that
 *     hosts' clocks need not agree
 * @param name 8 hexadecimal digits
 */
record LedgerIdentity(long generation, String name) implements Comparable<LedgerIdentity> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})-([0-9a-f]{8})");

    /** Before any. */
    static final LedgerIdentity NONE = new LedgerIdentity(0, "00000000");

    static LedgerIdentity after(LedgerIdentity highest, long nowMs) {
        return new LedgerIdentity(
                Math.max(nowMs, highest.generation() + 1),
                UUID.randomUUID().toString().substring(0, 8));
    }

    /** Empty for what no producer calls itself. */
    static Optional<LedgerIdentity> parse(String incarnation) {
        Matcher form = FORM.matcher(incarnation);
        return form.matches()
                ? Optional.of(new LedgerIdentity(Long.parseLong(form.group(1)), form.group(2)))
                : Optional.empty();
    }

    @Override
    public int compareTo(LedgerIdentity other) {
        return Comparator.comparingLong(LedgerIdentity::generation)
                .thenComparing(LedgerIdentity::name)
                .compare(this, other);
    }

    /** As it stands in the heartbeat. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d-%s", generation, name);
    }
}
