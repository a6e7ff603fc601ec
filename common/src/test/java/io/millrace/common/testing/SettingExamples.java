package io.millrace.common.testing;

import io.millrace.common.config.SettingSpec;
import io.millrace.common.id.RunId;
import io.millrace.common.units.ByteSize;
import io.millrace.common.units.Durations;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts for a setting: one that is valid and new, and those just beyond its range. */
final class SettingExamples {
    private SettingExamples() {}

    /** @param current the value in force without it; null when it has none */
    static String example(SettingSpec spec, @Nullable Object current) {
        Class<?> type = spec.type();
        if (type == boolean.class) {
            return String.valueOf(!Boolean.TRUE.equals(current));
        }
        if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) {
                if (!constant.equals(current)) {
                    return word((Enum<?>) constant);
                }
            }
        }
        if (type == Path.class) {
            return "an/example";
        }
        if (type == RunId.class) {
            return "an-example";
        }
        if (type == List.class) {
            return "example-a,example-b";
        }
        if (type == Map.class) {
            return "example.key=example value";
        }
        if (type == double.class || type == Double.class) {
            return fraction(spec, (Double) current);
        }
        if (measured(type)) {
            BigInteger from = current == null ? start(spec) : number(type, current);
            BigInteger next = from.add(BigInteger.ONE);
            boolean fits = spec.max().isEmpty() || next.compareTo(number(type, spec.max())) <= 0;
            return text(type, fits ? next : from.subtract(BigInteger.ONE));
        }
        if (spec.name().endsWith("-endpoint")) {
            return "http://an.example:4318";
        }
        return spec.isSecret() ? "an-example-of-a-secret" : "an-example";
    }

    /** Refused texts: the nearest below and above, or no word of the enum; none when any value of the type will do. */
    static List<String> beyond(SettingSpec spec) {
        Class<?> type = spec.type();
        if (type.isEnum()) {
            return List.of("no-such-word");
        }
        List<String> texts = new ArrayList<>();
        String min = spec.min();
        String max = spec.max();
        if (measured(type)) {
            if (!min.isEmpty()) {
                texts.add(text(type, number(type, min).subtract(BigInteger.ONE)));
            }
            if (!max.isEmpty()) {
                texts.add(text(type, number(type, max).add(BigInteger.ONE)));
            }
        } else {
            if (!min.isEmpty()) {
                texts.add(Double.toString(Math.nextDown(Double.parseDouble(min))));
            }
            if (!max.isEmpty()) {
                texts.add(Double.toString(Math.nextUp(Double.parseDouble(max))));
            }
        }
        return texts;
    }

    private static String fraction(SettingSpec spec, @Nullable Double current) {
        String min = spec.min();
        String max = spec.max();
        double from = current != null ? current : min.isEmpty() ? 0 : Double.parseDouble(min);
        double to = max.isEmpty() ? from + 1 : Double.parseDouble(max);
        if (from == to) {
            to = min.isEmpty() ? from - 1 : Double.parseDouble(min);
        }
        return BigDecimal.valueOf((from + to) / 2).toPlainString();
    }

    /** Whether values of the type are counted in whole steps: numbers, milliseconds, bytes. */
    private static boolean measured(Class<?> type) {
        return type == int.class
                || type == Integer.class
                || type == long.class
                || type == Long.class
                || type == Duration.class
                || type == ByteSize.class;
    }

    private static BigInteger start(SettingSpec spec) {
        return spec.min().isEmpty() ? BigInteger.ONE : number(spec.type(), spec.min());
    }

    private static BigInteger number(Class<?> type, Object value) {
        if (type == Duration.class) {
            Duration duration = value instanceof Duration given ? given : Durations.parse(value.toString());
            return BigInteger.valueOf(duration.toMillis());
        }
        if (type == ByteSize.class) {
            ByteSize size = value instanceof ByteSize given ? given : ByteSize.parse(value.toString());
            return BigInteger.valueOf(size.bytes());
        }
        return new BigInteger(value.toString().replace("_", ""));
    }

    private static String text(Class<?> type, BigInteger number) {
        return type == Duration.class ? number + "ms" : number.toString();
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
