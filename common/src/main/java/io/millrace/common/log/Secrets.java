package io.millrace.common.log;

import ch.qos.logback.core.encoder.JsonEscapeUtil;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The secrets that this process has been given, and texts without them. Whatever reads a secret (a password among the
 * Kafka client's properties, a token from a file) says so here before it uses it; every log line and every message about
 * a setting is written through {@link #hide}, so that a message of a library that quotes one cannot give it away. One set
 * for the process, which only grows. Thread-safe.
 */
public final class Secrets {
    /** What stands in a secret's place. */
    public static final String HIDDEN = "[hidden]";

    /** Shorter ones are not hidden: two letters stand in every other word, and guard nothing. */
    public static final int LENGTH_MIN = 4;

    /** Names of properties with secrets: those that Kafka's clients declare as passwords, and what others call theirs. */
    private static final Pattern NAMES = Pattern.compile(
            "(?i).*(passw|secret|jaas[._]config|keystore[._]key|api[._-]?key|credential|(^|[._-])token$).*");

    private static final Pattern ENTRY = Pattern.compile("\\s*(?:--)?([\\w.-]+)\\s*=(.*)", Pattern.DOTALL);

    /** Within a JAAS line, name="value" or name=value; only those with names of secrets count. */
    private static final Pattern WITHIN =
            Pattern.compile("([\\w.]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|'([^']*)'|([^\\s;\"']+))");

    private static final Pattern USER_INFO = Pattern.compile("\\w+://([^/@\\s:]*):([^/@\\s]+)@");

    private static final Set<String> ALL = ConcurrentHashMap.newKeySet();

    /** The same with what they look like in JSON, the longest first: one may stand within another. */
    private static volatile List<String> forms = List.of();

    private Secrets() {}

    /** From now on this is written nowhere. */
    public static void keep(String secret) {
        if (secret.strip().length() >= LENGTH_MIN && ALL.add(secret.strip())) {
            synchronized (ALL) {
                forms = ALL.stream()
                        .mapMulti((String one, Consumer<String> to) -> {
                            to.accept(one);
                            to.accept(JsonEscapeUtil.jsonEscapeString(one));
                        })
                        .distinct()
                        .sorted(Comparator.comparingInt(String::length).reversed())
                        .toList();
            }
        }
    }

    /**
     * Keeps what is secret in the text of a setting: the value of {@code name=value} where the name says so, with the
     * passwords in a JAAS line, and the password of a URL.
     */
    public static void learn(String text) {
        Matcher entry = ENTRY.matcher(text);
        if (entry.matches() && NAMES.matcher(entry.group(1)).matches()) {
            keep(entry.group(2));
        }
        Matcher within = WITHIN.matcher(text);
        while (within.find()) {
            if (NAMES.matcher(within.group(1)).matches()) {
                for (int form = 2; form <= 4; form++) {
                    String value = within.group(form);
                    if (value != null) {
                        keep(value);
                        keep(value.replaceAll("\\\\(.)", "$1"));
                    }
                }
            }
        }
        Matcher url = USER_INFO.matcher(text);
        while (url.find()) {
            keep(url.group(2));
        }
    }

    /** The text with every secret that is kept replaced. */
    public static String hide(String text) {
        String hidden = text;
        for (String secret : forms) {
            hidden = hidden.replace(secret, HIDDEN);
        }
        return hidden;
    }
}
