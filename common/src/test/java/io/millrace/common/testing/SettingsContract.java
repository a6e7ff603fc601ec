package io.millrace.common.testing;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.Environment;
import io.millrace.common.config.KnownSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingSpec;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.config.YamlSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * The three tests every settings record must pass; its test class implements this and gets them:
 *
 * <pre>{@code
 * class WorkerSettingsTest implements SettingsContract<WorkerSettings> {
 *     public Class<WorkerSettings> settings() { return WorkerSettings.class; }
 *     public Map<String, String> given() { return Map.of("run", "demo"); }
 * }
 * }</pre>
 *
 * @param <T> the settings record
 */
public interface SettingsContract<T extends Record> {
    /** The record under test. */
    Class<T> settings();

    /**
     * Setting name to text, given in every check: what has no default, and what leaves room for the examples where
     * settings limit each other.
     */
    default Map<String, String> given() {
        return Map.of();
    }

    /**
     * Setting name to a valid text other than the one in force without it, where the one found by itself (the nearest
     * value to the default, or an example of the type) will not do.
     */
    default Map<String, String> examples() {
        return Map.of();
    }

    @Test
    default void defaultsAreValid() {
        for (SettingSpec spec : SettingSpec.byName(settings()).values()) {
            assertFalse(spec.declared().help().isBlank(), spec.flag() + " has no help");
        }
        bind(given(), Map.of(), YamlSettings.NONE);
    }

    @Test
    default void everyKeyReachesItsComponentFromFlagEnvironmentAndYaml() {
        Map<String, @Nullable Object> base = values(bind(given(), Map.of(), YamlSettings.NONE));
        assertAll(SettingSpec.byName(settings()).values().stream()
                .filter(spec -> !hasOneValue(spec))
                .map(spec -> (Executable) () -> reaches(spec, base)));
    }

    @Test
    default void aValueBeyondARangeIsRefusedWithFlagAndRange() {
        assertAll(SettingSpec.byName(settings()).values().stream()
                .flatMap(spec ->
                        SettingExamples.beyond(spec).stream().map(text -> (Executable) () -> refuses(spec, text))));
    }

    /** A list of names that has one name so far. */
    private static boolean hasOneValue(SettingSpec spec) {
        return spec.type().isEnum() && spec.type().getEnumConstants().length == 1;
    }

    private void reaches(SettingSpec spec, Map<String, @Nullable Object> base) {
        String example = examples().getOrDefault(spec.name(), SettingExamples.example(spec, base.get(spec.name())));
        Map<String, String> others = new LinkedHashMap<>(given());
        others.remove(spec.name());

        Map<String, String> flags = new LinkedHashMap<>(others);
        flags.put(spec.name(), example);
        Map<String, @Nullable Object> byVariable =
                values(bind(others, Map.of(spec.variable(), example), YamlSettings.NONE));
        Map<String, @Nullable Object> byFlag =
                spec.isSecret() ? byVariable : values(bind(flags, Map.of(), YamlSettings.NONE));
        if (spec.isSecret()) {
            String message = assertThrows(SettingException.class, () -> bind(flags, Map.of(), YamlSettings.NONE))
                    .getMessage();
            assertTrue(message.contains(spec.variable()) && !message.contains(example), message);
        }
        Map<String, @Nullable Object> byFile = values(bind(others, Map.of(), yaml(spec.name(), example)));

        assertNotEquals(base.get(spec.name()), byFlag.get(spec.name()), spec.flag() + " changes nothing");
        assertEquals(byFlag, byVariable, spec.variable() + " is not the same as " + spec.flag());
        assertEquals(byFlag, byFile, "the key " + spec.name() + " is not the same as " + spec.flag());
        Map<String, @Nullable Object> expected = new LinkedHashMap<>(base);
        expected.put(spec.name(), byFlag.get(spec.name()));
        assertEquals(expected, byFlag, spec.flag() + " changes other settings too");
    }

    private void refuses(SettingSpec spec, String text) {
        Map<String, String> flags = new LinkedHashMap<>(given());
        flags.put(spec.name(), text);
        String message = assertThrows(
                        SettingException.class,
                        () -> bind(flags, Map.of(), YamlSettings.NONE),
                        spec.flag() + " takes '" + text + "'")
                .getMessage();
        assertTrue(
                message.contains(spec.flag()) && message.contains(spec.allowed()) && message.contains("'" + text + "'"),
                "the refusal names the flag " + spec.flag() + ", the range " + spec.allowed() + " and the value: "
                        + message);
    }

    private T bind(Map<String, String> flags, Map<String, String> env, YamlSettings file) {
        KnownSettings known = KnownSettings.listed().with("contract", settings());
        Map<String, List<String>> texts = new LinkedHashMap<>();
        flags.forEach((name, text) -> texts.put(name, List.of(text)));
        return new SettingsBinder(texts, Environment.of(env, known), file, "contract").bind(settings());
    }

    private YamlSettings yaml(String key, String text) {
        try {
            Path file = Files.createTempFile("settings", ".yaml");
            try {
                Files.writeString(file, key + ": '" + text.replace("'", "''") + "'\n");
                return YamlSettings.read(file, KnownSettings.listed().with("contract", settings()));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Setting name to value, those of nested records included. */
    private static Map<String, @Nullable Object> values(Record settings) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            Setting declared = component.getAnnotation(Setting.class);
            Object value = read(component, settings);
            if (declared != null) {
                values.put(SettingSpec.name(component, declared), value);
            } else if (value instanceof Record nested) {
                values.putAll(values(nested));
            }
        }
        return values;
    }

    private static @Nullable Object read(RecordComponent component, Record settings) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(settings);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("cannot read " + component, e);
        }
    }
}
