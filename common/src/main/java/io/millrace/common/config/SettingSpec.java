package io.millrace.common.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One declared setting: its annotation and the type of its component.
 *
 * @param multiple whether it takes a list or a map, so that its flag may be given more than once
 */
public record SettingSpec(Setting declared, Class<?> type, boolean multiple) {
    /** Every setting of a settings record, those of nested settings records included, in declaration order. */
    public static List<SettingSpec> of(Class<? extends Record> settings) {
        Map<String, SettingSpec> specs = new LinkedHashMap<>();
        collect(settings, specs);
        return new ArrayList<>(specs.values());
    }

    private static void collect(Class<?> settings, Map<String, SettingSpec> specs) {
        for (RecordComponent component : settings.getRecordComponents()) {
            Setting declared = component.getAnnotation(Setting.class);
            if (declared == null) {
                if (!component.getType().isRecord()) {
                    throw new IllegalStateException(settings.getName() + "." + component.getName()
                            + " is neither annotated with @Setting nor a settings record");
                }
                collect(component.getType(), specs);
                continue;
            }
            if (specs.put(declared.name(), of(component, declared)) != null) {
                throw new IllegalStateException("the setting " + declared.name() + " is declared twice");
            }
        }
    }

    static SettingSpec of(RecordComponent component, Setting declared) {
        boolean multiple = component.getGenericType() instanceof ParameterizedType;
        return new SettingSpec(declared, component.getType(), multiple);
    }

    public String name() {
        return declared.name();
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

    /** The allowed range in words; empty when any value of the type will do. */
    public String range() {
        String unit = declared.unit().isEmpty() ? "" : " " + declared.unit();
        if (type.isEnum()) {
            List<String> words = new ArrayList<>();
            for (Object constant : type.getEnumConstants()) {
                words.add(SettingValues.word((Enum<?>) constant));
            }
            return "one of " + String.join(", ", words);
        }
        if (!declared.min().isEmpty() && !declared.max().isEmpty()) {
            return declared.min() + " to " + declared.max() + unit;
        }
        if (!declared.min().isEmpty()) {
            return declared.min() + " or more" + unit;
        }
        return declared.max().isEmpty() ? "" : "at most " + declared.max() + unit;
    }

    /** The default in words; empty when there is none. */
    public String defaultText() {
        String value = declared.defaultValue();
        return value.equals(Setting.REQUIRED) || value.equals(Setting.NONE) ? "" : value;
    }
}
