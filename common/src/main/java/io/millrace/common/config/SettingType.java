package io.millrace.common.config;

import static java.util.Map.entry;

import io.millrace.common.id.RunId;
import io.millrace.common.units.ByteSize;
import io.millrace.common.units.Durations;
import java.lang.invoke.MethodType;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * How one type of value is written.
 *
 * @param form in words, for somebody who wrote something else
 * @param parser throws IllegalArgumentException or ArithmeticException for any other text
 */
record SettingType(String form, Function<String, ?> parser) {
    private static final Map<Class<?>, SettingType> TYPES = Map.ofEntries(
            entry(String.class, new SettingType("text", text -> text)),
            entry(Integer.class, new SettingType("a whole number", text -> Integer.valueOf(digits(text)))),
            entry(Long.class, new SettingType("a whole number", text -> Long.valueOf(digits(text)))),
            entry(Double.class, new SettingType("a number", text -> new BigDecimal(text.strip()).doubleValue())),
            entry(Boolean.class, new SettingType("true or false", SettingType::truth)),
            entry(Duration.class, new SettingType("in ms, s, m or h", Durations::parse)),
            entry(ByteSize.class, new SettingType("in B, KiB, MiB or GiB", ByteSize::parse)),
            entry(Secret.class, new SettingType("text", Secret::new)),
            entry(Path.class, new SettingType("a path", Path::of)),
            entry(RunId.class, new SettingType(RunId.FORM_IN_WORDS, RunId::new)),
            entry(List.class, new SettingType("a list", SettingType::items)),
            entry(Map.class, new SettingType("key=value", SettingType::entries)));

    /** @param type a primitive type's is that of its box */
    static SettingType of(Class<?> type) {
        if (type.isEnum()) {
            return new SettingType("one of its words", text -> constant(type, text));
        }
        SettingType known = TYPES.get(MethodType.methodType(type).wrap().returnType());
        if (known == null) {
            throw new IllegalStateException("no setting may have the type " + type.getName());
        }
        return known;
    }

    /** An enum's constant as users write it. */
    static String word(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Object constant(Class<?> type, String text) {
        return Stream.of(type.getEnumConstants())
                .filter(constant -> word(constant).equalsIgnoreCase(text.strip()))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new);
    }

    private static String digits(String text) {
        return text.strip().replace("_", "");
    }

    private static boolean truth(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static List<String> items(String text) {
        return Stream.of(text.split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    /** One entry, since a value may have commas and lines; none of a blank text. */
    private static Map<String, String> entries(String text) {
        int at = text.indexOf('=');
        if (at <= 0 && !text.isBlank()) {
            throw new IllegalArgumentException(text);
        }
        return text.isBlank()
                ? Map.of()
                : Map.of(text.substring(0, at).strip(), text.substring(at + 1).strip());
    }
}
