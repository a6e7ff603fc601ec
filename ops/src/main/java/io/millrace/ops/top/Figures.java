package io.millrace.ops.top;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers and times as people read them, in a few characters. Stateless. */
public final class Figures {
    private static final long SECOND_MS = 1_000;
    private static final long MINUTE_MS = 60 * SECOND_MS;
    private static final long HOUR_MS = 60 * MINUTE_MS;
    private static final long DAY_MS = 24 * HOUR_MS;

    private Figures() {}

    /** 0.4 s, 12 s, 3m05s, 2h07m, 4d02h. */
    public static String time(long millis) {
        long ms = Math.max(0, millis);
        if (ms < 10 * SECOND_MS) {
            return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
        }
        if (ms < MINUTE_MS) {
            return ms / SECOND_MS + " s";
        }
        if (ms < HOUR_MS) {
            return String.format(Locale.ROOT, "%dm%02ds", ms / MINUTE_MS, ms / SECOND_MS % 60);
        }
        if (ms < DAY_MS) {
            return String.format(Locale.ROOT, "%dh%02dm", ms / HOUR_MS, ms / MINUTE_MS % 60);
        }
        return String.format(Locale.ROOT, "%dd%02dh", ms / DAY_MS, ms / HOUR_MS % 24);
    }

    /** Since then; a dash where there is no such time. */
    static String since(long nowMs, @Nullable Long thenMs) {
        return thenMs == null ? "-" : time(nowMs - thenMs);
    }

    /** 1,234; 1.2M above a million. */
    public static String count(long number) {
        return number < 1_000_000
                ? String.format(Locale.ROOT, "%,d", number)
                : number < 1_000_000_000
                        ? String.format(Locale.ROOT, "%.1fM", number / 1e6)
                        : String.format(Locale.ROOT, "%.1fG", number / 1e9);
    }

    /** With one place where it is small. */
    public static String rate(double rate) {
        return rate < 100 ? String.format(Locale.ROOT, "%.1f", rate) : count(Math.round(rate));
    }

    public static String percent(long part, long of) {
        return of <= 0 ? "-" : Math.round(100.0 * part / of) + " %";
    }
}
