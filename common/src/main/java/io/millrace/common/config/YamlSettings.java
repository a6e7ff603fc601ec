package io.millrace.common.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A settings file: keys at the top count for every command, those under a command's name for that command only and
 * before the others. One file can serve a whole cluster.
 */
public final class YamlSettings {
    private final String name;
    private final Map<?, ?> root;

    private YamlSettings(String name, Map<?, ?> root) {
        this.name = name;
        this.root = root;
    }

    /** A file without keys. */
    public static YamlSettings none() {
        return new YamlSettings("no file", Map.of());
    }

    /** @throws SettingException when the file cannot be read or is no YAML mapping */
    public static YamlSettings read(Path file) {
        try {
            Object loaded = new Load(
                            LoadSettings.builder().setLabel(file.toString()).build())
                    .loadFromString(Files.readString(file));
            if (loaded == null) {
                return new YamlSettings(file.toString(), Map.of());
            }
            if (!(loaded instanceof Map<?, ?> map)) {
                throw new SettingException("the settings file " + file + " must be a YAML mapping");
            }
            return new YamlSettings(file.toString(), map);
        } catch (IOException e) {
            throw new SettingException("the settings file " + file + " cannot be read: " + e);
        } catch (YamlEngineException e) {
            throw new SettingException("the settings file " + file + " is no YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    public String name() {
        return name;
    }

    /**
     * @param known setting names that some command of this program has, for the top of the file
     * @param own setting names of the command
     * @param commands all commands' names: their sections are left to them
     * @throws SettingException naming the first key that is unknown
     */
    void refuseUnknown(String command, Set<String> own, Set<String> known, Set<String> commands) {
        for (Object key : root.keySet()) {
            if (!known.contains(key) && !commands.contains(key)) {
                throw unknown(String.valueOf(key), known);
            }
        }
        for (Object key : section(command).keySet()) {
            if (!own.contains(key)) {
                throw unknown(command + "." + key, own);
            }
        }
    }

    private SettingException unknown(String key, Set<String> known) {
        return new SettingException(
                "unknown key '" + key + "' in " + name + "; known are " + String.join(", ", new TreeSet<>(known)));
    }

    private Map<?, ?> section(String command) {
        Object section = root.get(command);
        if (section == null) {
            return Map.of();
        }
        if (section instanceof Map<?, ?> map) {
            return map;
        }
        throw new SettingException("'" + command + "' in " + name + " must be a mapping of settings");
    }

    /** The value as a user would write it on a flag; null when the file does not have it. */
    @Nullable
    String get(String command, String key) {
        Map<?, ?> section = section(command);
        return text(section.containsKey(key) ? section.get(key) : root.get(key));
    }

    /** The key's values at the top and in the command's section, in this order, for settings that add up. */
    List<@Nullable String> all(String command, String key) {
        List<@Nullable String> texts = new ArrayList<>();
        texts.add(text(root.get(key)));
        texts.add(text(section(command).get(key)));
        return texts;
    }

    private static @Nullable String text(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case List<?> items ->
                String.join(",", items.stream().map(String::valueOf).toList());
            case Map<?, ?> entries -> {
                List<String> pairs = new ArrayList<>();
                entries.forEach((k, v) -> pairs.add(k + "=" + v));
                yield String.join(SettingValues.ENTRY_JOINT, pairs);
            }
            default -> String.valueOf(value);
        };
    }
}
