package io.millrace.common.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
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
     * @param own setting names of the command
     * @param known setting names that some command has, for the top of the file
     * @param commands all commands' names
     * @throws SettingException naming the first key that is unknown, in the section of another command too
     */
    void refuseUnknown(String command, Set<String> own, Set<String> known, Set<String> commands) {
        Set<String> atTop = new HashSet<>(known);
        atTop.addAll(commands);
        refuseUnknown(root, "", atTop);
        for (String name : commands) {
            Set<String> there =
                    name.equals(command) ? own : KnownSettings.byCommand().get(name);
            if (there != null) {
                refuseUnknown(section(name), name + ".", there);
            }
        }
    }

    private void refuseUnknown(Map<?, ?> keys, String section, Set<String> known) {
        for (Map.Entry<?, ?> entry : keys.entrySet()) {
            String key = String.valueOf(entry.getKey());
            if (!known.contains(key)) {
                boolean isSection = section.isEmpty() && entry.getValue() instanceof Map<?, ?>;
                throw new SettingException("unknown " + (isSection ? "section" : "key") + " '" + section + key + "' in "
                        + name + "; " + Nearest.words(key, known));
            }
        }
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
