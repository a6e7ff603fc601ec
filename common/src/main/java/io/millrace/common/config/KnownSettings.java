package io.millrace.common.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Every command of Millrace with its settings, also of those that this program does not have: one settings file and one
 * environment serve a whole cluster, and each process refuses what no command knows. The list stands in
 * {@code settings.txt}, one command a line; a test of the program that has them all holds it. Immutable.
 *
 * @param byCommand by the command's name, the names of its settings
 */
public record KnownSettings(Map<String, Set<String>> byCommand) {
    /** In this package. */
    public static final String LIST = "settings.txt";

    /** Those of the list. */
    public static KnownSettings listed() {
        try (InputStream list = KnownSettings.class.getResourceAsStream(LIST)) {
            String text = new String(Objects.requireNonNull(list).readAllBytes(), StandardCharsets.UTF_8);
            return new KnownSettings(text.lines()
                    .map(line -> List.of(line.split(" ")))
                    .collect(Collectors.toMap(List::getFirst, words -> Set.copyOf(words.subList(1, words.size())))));
        } catch (IOException e) {
            throw new UncheckedIOException(LIST + " cannot be read", e);
        }
    }

    /** These and those of a program's own command. */
    public KnownSettings with(String command, Class<? extends Record> settings) {
        Map<String, Set<String>> all = new TreeMap<>(byCommand);
        all.put(command, SettingSpec.byName(settings).keySet());
        return new KnownSettings(all);
    }

    /** Names of all settings. */
    public Set<String> names() {
        return byCommand.values().stream().flatMap(Set::stream).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws SettingException naming the first key that no command knows, in the section of any command too */
    void refuseUnknownKeys(YamlSettings file) {
        Set<String> atTop = names();
        atTop.addAll(byCommand.keySet());
        refuseUnknownKeys(file, "", file.root(), atTop);
        byCommand.forEach((command, own) -> refuseUnknownKeys(file, command + ".", file.section(command), own));
    }

    private static void refuseUnknownKeys(YamlSettings file, String section, Map<?, ?> keys, Set<String> known) {
        keys.forEach((key, value) -> {
            if (!known.contains(String.valueOf(key))) {
                String kind = section.isEmpty() && value instanceof Map<?, ?> ? "section" : "key";
                throw new SettingException("unknown " + kind + " '" + section + key + "' in " + file.name() + "; "
                        + nearest(String.valueOf(key), known));
            }
        });
    }

    /** Which known name somebody may have meant, in words. */
    static String nearest(String name, Collection<String> known) {
        // Picocli likens a word that it does not know to the names of subcommands.
        CommandLine names = new CommandLine(CommandSpec.create());
        known.forEach(one -> names.addSubcommand(one, CommandSpec.create()));
        List<String> similar = new CommandLine.UnmatchedArgumentException(names, List.of(name)).getSuggestions();
        return similar.isEmpty()
                ? "no known name is like it, see --help of the command"
                : "the nearest known name is '" + similar.getFirst() + "'";
    }
}
