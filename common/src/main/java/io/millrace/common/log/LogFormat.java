package io.millrace.common.log;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The form of this process's log lines. There is one for the process: the environment's from the first line on, and a
 * flag's from when the flags are read, before any command begins. Thread-safe.
 */
public enum LogFormat {
    /** For people: date, time, offset of the zone, level, logger, message; a stack trace on lines of its own. */
    TEXT,
    /** For collectors: one JSON object a line, a stack trace within it. */
    JSON;

    /** The environment variable. */
    public static final String VARIABLE = "MILLRACE_LOG_FORMAT";

    private static volatile LogFormat current =
            of(System.getenv().getOrDefault(VARIABLE, "")).orElse(TEXT);

    /** As users write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Empty for any other text than the words. */
    public static Optional<LogFormat> of(String word) {
        return Stream.of(values())
                .filter(format -> format.word().equalsIgnoreCase(word.strip()))
                .findFirst();
    }

    /** That of the next line. */
    public static LogFormat current() {
        return current;
    }

    /** From the next line on. */
    public static void use(LogFormat format) {
        current = format;
    }
}
