package io.millrace.common.config;

import io.millrace.common.id.RunId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Text to value, with the range checked. */
final class SettingValues {
    /** Between the entries of a map: not in any argument or variable, so that a value may have lines, as PEM has. */
    static final String ENTRY_JOINT = "\0";

    private SettingValues() {}

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * @param source where the text came from, for the message
     * @throws SettingException naming the setting, the allowed range, the text and the source
     */
    static Object convert(SettingSpec spec, String text, String source) {
        Object value;
        try {
            value = parse(spec.type(), text);
        } catch (IllegalArgumentException e) {
            throw refused(
                    spec,
                    spec.range().isEmpty() ? String.valueOf(e.getMessage()) : spec.range() + units(spec.type()),
                    text,
                    source);
        }
        try {
            checkRange(spec, value);
            return value;
        } catch (IllegalArgumentException e) {
            throw refused(spec, spec.range(), text, source);
        }
    }

    private static SettingException refused(SettingSpec spec, String allowed, String text, String source) {
        return new SettingException(spec.flag() + " must be " + allowed + ", was '" + text + "' (from " + source + ")");
    }

    /** Which units there are, for somebody who took another one. */
    private static String units(Class<?> type) {
        if (type == ByteSize.class) {
            return ", in B, KiB, MiB or GiB";
        }
        return type == Duration.class ? ", in ms, s, m or h" : "";
    }

    private static Object parse(Class<?> type, String text) {
        if (type == String.class) {
            return text;
        }
        if (type == int.class || type == Integer.class) {
            return (int) whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (type == long.class || type == Long.class) {
            return whole(text, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (type == double.class || type == Double.class) {
            return finite(text);
        }
        if (type == boolean.class) {
            return switch (text.strip().toLowerCase(Locale.ROOT)) {
                case "true", "yes", "on" -> true;
                case "false", "no", "off" -> false;
                default -> throw new IllegalArgumentException("true or false");
            };
        }
        if (type == Duration.class) {
            return Durations.parse(text);
        }
        if (type == ByteSize.class) {
            return ByteSize.parse(text);
        }
        if (type == Path.class) {
            return Path.of(text);
        }
        if (type == RunId.class) {
            return runId(text);
        }
        if (type == List.class) {
            return list(text);
        }
        if (type == Map.class) {
            return map(text);
        }
        if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) {
                if (word((Enum<?>) constant).equals(text.strip().toLowerCase(Locale.ROOT))) {
                    return constant;
                }
            }
            throw new IllegalArgumentException("one of its words");
        }
        throw new IllegalStateException("no setting may have the type " + type.getName());
    }

    private static RunId runId(String text) {
        try {
            return new RunId(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(RunId.FORM_IN_WORDS, e);
        }
    }

    private static long whole(String text, long min, long max) {
        try {
            long value = Long.parseLong(text.strip().replace("_", ""));
            if (value < min || value > max) {
                throw new IllegalArgumentException("a whole number from " + min + " to " + max);
            }
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a whole number", e);
        }
    }

    private static double finite(String text) {
        try {
            double value = Double.parseDouble(text.strip());
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("a finite number");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a number", e);
        }
    }

    private static List<String> list(String text) {
        List<String> items = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            if (!item.isBlank()) {
                items.add(item.strip());
            }
        }
        return List.copyOf(items);
    }

    private static Map<String, String> map(String text) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (String entry : text.split(ENTRY_JOINT, -1)) {
            if (entry.isBlank()) {
                continue;
            }
            int at = entry.indexOf('=');
            if (at <= 0) {
                throw new IllegalArgumentException("key=value");
            }
            entries.put(entry.substring(0, at).strip(), entry.substring(at + 1).strip());
        }
        return Map.copyOf(entries);
    }

    private static void checkRange(SettingSpec spec, Object value) {
        String min = spec.declared().min();
        String max = spec.declared().max();
        if (!min.isEmpty() && compare(value, parse(spec.type(), min)) < 0) {
            throw new IllegalArgumentException("below its range");
        }
        if (!max.isEmpty() && compare(value, parse(spec.type(), max)) > 0) {
            throw new IllegalArgumentException("above its range");
        }
    }

    private static int compare(Object left, Object right) {
        return switch (left) {
            case Integer number -> number.compareTo((Integer) right);
            case Long number -> number.compareTo((Long) right);
            case Double number -> number.compareTo((Double) right);
            case Duration duration -> duration.compareTo((Duration) right);
            case ByteSize size -> size.compareTo((ByteSize) right);
            default -> throw new IllegalStateException("no range for " + left.getClass());
        };
    }
}
