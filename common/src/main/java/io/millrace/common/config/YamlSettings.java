package io.millrace.common.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A settings file: keys at the top count for every command, those under a command's name for that command only and
 * before the others. One file can serve a whole cluster.
 *
 * @param name for messages
 * @param twofold words that are a command and a setting: under such a word a mapping is the command's section, any other
 *     value the setting's
 */
public record YamlSettings(String name, Map<?, ?> root, Set<String> twofold) {
    /** A file without keys. */
    public static final YamlSettings NONE = new YamlSettings("no file", Map.of(), Set.of());

    /** @throws SettingException when the file cannot be read, is no YAML mapping or has a key that no command knows */
    public static YamlSettings read(Path file, KnownSettings known) {
        try {
            Object loaded = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
            Map<?, ?> root = mapping("the settings file " + file, "YAML mapping", loaded);
            Set<String> twofold = known.names();
            twofold.retainAll(known.byCommand().keySet());
            YamlSettings read = new YamlSettings(file.toString(), root, twofold);
            known.refuseUnknownKeys(read);
            return read;
        } catch (IOException e) {
            throw new SettingException("the settings file " + file + " cannot be read: " + e);
        } catch (YamlEngineException e) {
            String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new SettingException("the settings file " + file + " is no YAML: " + line);
        }
    }

    /** The keys under a command's name. */
    Map<?, ?> section(String command) {
        Object section = root.get(command);
        return twofold.contains(command) && !(section instanceof Map<?, ?>)
                ? Map.of()
                : mapping("'" + command + "' in " + name, "mapping of settings", section);
    }

    /** A setting's value at the top; null when there is none. */
    @Nullable
    Object top(String setting) {
        Object value = root.get(setting);
        return twofold.contains(setting) && value instanceof Map<?, ?> ? null : value;
    }

    private static Map<?, ?> mapping(String what, String wanted, @Nullable Object value) {
        return switch (value) {
            case null -> Map.of();
            case Map<?, ?> map -> map;
            default -> throw new SettingException(what + " must be a " + wanted);
        };
    }

    /** A value as users would write it on flags; empty when there is none. */
    public static List<String> texts(@Nullable Object value) {
        return switch (value) {
            case null -> List.of();
            case List<?> items -> items.stream().map(String::valueOf).toList();
            case Map<?, ?> map -> map.entrySet().stream().map(String::valueOf).toList();
            default -> List.of(value.toString());
        };
    }
}
