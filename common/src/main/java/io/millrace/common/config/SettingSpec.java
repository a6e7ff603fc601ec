package io.millrace.common.config;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One declared setting.
 *
 * @param type of its component of the record
 * @param defaultValue the declared one, or that of a {@link Setting.Preset}
 */
public record SettingSpec(String name, Setting declared, Class<?> type, String defaultValue) {
    private static final Pattern RANGE =
            Pattern.compile("(?:(?<from>\\S+) to (?<to>\\S+)|(?<min>\\S+) or more|at most (?<max>\\S+)) ?.*");

    /** Every setting of a settings record by name, those of nested settings records included, in declaration order. */
    public static Map<String, SettingSpec> byName(Class<?> settings) {
        Map<String, SettingSpec> specs = new LinkedHashMap<>();
        for (RecordComponent component : settings.getRecordComponents()) {
            Setting declared = component.getAnnotation(Setting.class);
            if (declared == null && !component.getType().isRecord()) {
                throw new IllegalStateException(component + " is neither a @Setting nor a settings record");
            }
            Map<String, SettingSpec> more = declared == null ? preset(component) : one(component, declared);
            more.forEach((name, spec) -> {
                if (specs.put(name, spec) != null) {
                    throw new IllegalStateException("the setting " + name + " is declared twice");
                }
            });
        }
        return specs;
    }

    private static Map<String, SettingSpec> one(RecordComponent component, Setting declared) {
        String name = name(component, declared);
        return Map.of(name, new SettingSpec(name, declared, component.getType(), declared.defaultValue()));
    }

    /** As declared, or the component's words. */
    public static String name(RecordComponent component, Setting declared) {
        return declared.name().isEmpty()
                ? component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT)
                : declared.name();
    }

    /** The settings of a nested record. */
    private static Map<String, SettingSpec> preset(RecordComponent component) {
        Map<String, SettingSpec> specs = byName(component.getType());
        Setting.Preset preset = component.getAnnotation(Setting.Preset.class);
        for (String other : preset == null ? new String[0] : preset.value()) {
            String[] pair = other.split("=", 2);
            if (specs.computeIfPresent(
                            pair[0], (name, spec) -> new SettingSpec(name, spec.declared, spec.type, pair[1]))
                    == null) {
                throw new IllegalStateException(component + " has no setting " + pair[0]);
            }
        }
        return specs;
    }

    /** Whether its value may be seen nowhere, and not on a command line either. */
    public boolean isSecret() {
        return type == Secret.class;
    }

    public String flag() {
        return "--" + name();
    }

    /** The environment variable. */
    public String variable() {
        return variable(name());
    }

    /** The environment variable of a setting of this name. */
    static String variable(String name) {
        return "MILLRACE_" + name.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** What is allowed and counted, in words; empty when any value of the type will do. */
    public String allowed() {
        return type.isEnum()
                ? Stream.of(type.getEnumConstants())
                        .map(SettingType::word)
                        .collect(Collectors.joining(", ", "one of ", ""))
                : declared.range();
    }

    /** The smallest value, as users write it; empty where there is none. */
    public String min() {
        return bound("from", "min");
    }

    /** The largest. */
    public String max() {
        return bound("to", "max");
    }

    private String bound(String ofTwo, String alone) {
        Matcher range = RANGE.matcher(declared.range());
        return !range.matches()
                ? ""
                : Objects.requireNonNullElse(range.group(ofTwo), Objects.requireNonNullElse(range.group(alone), ""));
    }

    /** The default as users write it; none for {@link Setting#REQUIRED} and {@link Setting#NONE}. */
    public Optional<String> fallback() {
        return Optional.of(defaultValue).filter(text -> !text.startsWith("\0"));
    }

    /**
     * @param source where the text came from, for the message
     * @throws SettingException naming the setting, what is allowed, the text and the source
     */
    Object convert(String text, String source) {
        String allowed = type.isEnum() || !min().isEmpty() || !max().isEmpty() ? allowed() : "";
        try {
            Object value = parse(text);
            if (order(value, min()) >= 0 && order(value, max()) <= 0) {
                return value;
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            String form = SettingType.of(type).form();
            allowed = allowed.isEmpty() ? form : form.startsWith("in ") ? allowed + ", " + form : allowed;
        }
        // Of a map the text may be a password whose key was forgotten.
        String was = type == Map.class
                ? "was a text of another form, not shown since it may be a secret"
                : "was '" + text + "'";
        throw new SettingException(flag() + " must be " + allowed + ", " + was + " (from " + source + ")");
    }

    private Object parse(String text) {
        return SettingType.of(type).parser().apply(text);
    }

    /** As the value compares to the bound; 0 where there is none. */
    @SuppressWarnings("unchecked") // A bound stands on types that have an order, and is of the value's.
    private int order(Object value, String bound) {
        return bound.isEmpty() ? 0 : ((Comparable<Object>) value).compareTo(parse(bound));
    }
}
