package io.millrace.common.session;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 * Why Kafka's own fencing is not enough: the broker answers with the same errors when it timed a transaction out, and a
 * process that is fenced notices only when it writes. So each process that takes the run picks a number above the last
 * one on record, and puts it there before it fences the older. Whoever meets a higher tenure than its own has lost the
 * run; who meets none was only timed out, and may take it again. Two that start at once may pick the same number; then
 * the name decides, and both come to the same answer.
 */

/**
 * Which process of a role has the run: the one with the highest tenure on record.
 *
 * @param number rises with each process that takes the run
 * @param name 8 hexadecimal digits, to tell two of one number apart
 */
public record Tenure(long number, String name) implements Comparable<Tenure> {
    /** Before any. */
    public static final Tenure NONE = new Tenure(0, "00000000");

    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})-([0-9a-f]{8})");
    private static final Comparator<Tenure> ORDER =
            Comparator.comparingLong(Tenure::number).thenComparing(Tenure::name);

    /**
     * A new one above the highest on record, and no lower than a floor.
     *
     * @param floor milliseconds since 1970 where not all of the record is read, so that hosts' clocks need not agree
     */
    public static Tenure after(Tenure highest, long floor) {
        return new Tenure(
                Math.max(floor, highest.number() + 1),
                UUID.randomUUID().toString().substring(0, 8));
    }

    /** Empty for what none is written as. */
    public static Optional<Tenure> parse(String text) {
        Matcher form = FORM.matcher(text);
        return form.matches()
                ? Optional.of(new Tenure(Long.parseLong(form.group(1)), form.group(2)))
                : Optional.empty();
    }

    @Override
    public int compareTo(Tenure other) {
        return ORDER.compare(this, other);
    }

    /** As it stands on record. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d-%s", number, name);
    }

    /** That of this process, taken when it first takes the run and kept over its sessions. One owner. */
    public static final class OfProcess {
        private final String role;
        private @Nullable Tenure own;

        /** @param role as people call it */
        public OfProcess(String role) {
            this.role = role;
        }

        /** The next time that the process takes the run it is a newer one. */
        public void giveBack() {
            own = null;
        }

        /**
         * @param highest on record
         * @param floor as in {@link #after}
         * @throws FencedException when that is a newer process's
         */
        public Tenure above(Tenure highest, long floor) {
            Tenure mine = own == null ? after(highest, floor) : own;
            own = mine;
            if (highest.compareTo(mine) > 0) {
                throw new FencedException(role, mine, highest);
            }
            return mine;
        }
    }
}
