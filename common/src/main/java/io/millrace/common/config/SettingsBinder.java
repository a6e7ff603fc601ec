package io.millrace.common.config;

import io.millrace.common.log.Secrets;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the settings record of one command from flags, environment and settings file, in that order of precedence.
 * Whatever is wrong is one {@link SettingException} that names the setting, the value, where it came from and what is
 * allowed.
 *
 * @param flags setting name to the texts given on the command line
 * @param command whose section of the file counts before its top
 */
public record SettingsBinder(Map<String, List<String>> flags, Environment env, YamlSettings file, String command) {
    /** What one place has of a setting; a list or a map may have several texts. */
    private record Given(List<String> texts, String source) {}

    /** Settings of what this process starts within itself: flags by name, and defaults for all else. */
    public static <T extends Record> T of(Class<T> type, Map<String, String> flags) {
        Map<String, List<String>> texts = new HashMap<>();
        flags.forEach((name, text) -> texts.put(name, List.of(text)));
        return new SettingsBinder(texts, Environment.EMPTY, YamlSettings.NONE, "").bind(type);
    }

    public <T> T bind(Class<T> type) {
        return bind(type, SettingSpec.byName(type));
    }

    private <T> T bind(Class<T> type, Map<String, SettingSpec> specs) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        @Nullable
        Object[] values =
                Stream.of(components).map(component -> value(component, specs)).toArray();
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw switch (Objects.requireNonNull(e.getCause())) {
                case SettingException bad -> bad;
                case IllegalArgumentException bad -> new SettingException(String.valueOf(bad.getMessage()));
                case Throwable bug -> new IllegalStateException("constructor of " + type.getName() + " failed", bug);
            };
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot construct " + type.getName(), e);
        }
    }

    private @Nullable Object value(RecordComponent component, Map<String, SettingSpec> specs) {
        Setting declared = component.getAnnotation(Setting.class);
        if (declared == null) {
            return bind(component.getType(), specs);
        }
        SettingSpec spec = Objects.requireNonNull(specs.get(SettingSpec.name(component, declared)));
        if (spec.isSecret()
                && flags.containsKey(spec.name())
                && !flags.get(spec.name()).isEmpty()) {
            throw new SettingException(spec.flag() + " must not stand on a command line, which other users can read: "
                    + spec.variable() + ", or '" + spec.name() + "' in the settings file, gives it");
        }
        List<Given> given = given(spec);
        if (spec.type() == Map.class) {
            // Maps add up: a flag's entry wins over the environment's, that over the file's.
            Map<Object, Object> merged = new HashMap<>();
            given.reversed()
                    .forEach(place -> place.texts()
                            .forEach(text -> merged.putAll((Map<?, ?>) spec.convert(text, place.source()))));
            return Map.copyOf(merged);
        }
        if (!given.isEmpty()) {
            return spec.convert(
                    String.join(",", given.getFirst().texts()), given.getFirst().source());
        }
        if (spec.defaultValue().equals(Setting.REQUIRED)) {
            throw new SettingException(spec.flag() + " is required: " + declared.help() + " (also " + spec.variable()
                    + ", or '" + spec.name() + "' in the settings file)");
        }
        return null;
    }

    /** Every place that has the setting, the nearest first. What is secret in any of them is known from here on. */
    private List<Given> given(SettingSpec spec) {
        List<Given> given = Stream.of(
                        new Given(flags.getOrDefault(spec.name(), List.of()), spec.flag()),
                        new Given(env.texts(spec), spec.variable()),
                        new Given(YamlSettings.texts(file.section(command).get(spec.name())), file.name()),
                        new Given(YamlSettings.texts(file.top(spec.name())), file.name()),
                        new Given(spec.fallback().stream().toList(), "the default"))
                .filter(place -> !place.texts().isEmpty())
                .toList();
        given.forEach(place -> place.texts().forEach(Secrets::learn));
        return given;
    }
}
