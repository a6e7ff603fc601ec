package io.millrace.common.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Every command of Millrace with its settings, also of those that this program does not have: one settings file and one
 * environment serve a whole cluster, and each process refuses what no command knows. The list stands in
 * {@code settings.txt}, one command a line; a test of the program that has them all holds it. Stateless.
 */
public final class KnownSettings {
    /** In this package. */
    public static final String LIST = "settings.txt";

    private static final Map<String, Set<String>> BY_COMMAND = read();

    private KnownSettings() {}

    private static Map<String, Set<String>> read() {
        Map<String, Set<String>> read = new TreeMap<>();
        try (InputStream list = KnownSettings.class.getResourceAsStream(LIST)) {
            if (list == null) {
                throw new IllegalStateException(LIST + " is not in the jar");
            }
            new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8))
                    .lines()
                    .map(line -> List.of(line.strip().split(" ", -1)))
                    .forEach(words -> read.put(words.getFirst(), Set.copyOf(words.subList(1, words.size()))));
        } catch (IOException e) {
            throw new UncheckedIOException(LIST + " cannot be read", e);
        }
        return Collections.unmodifiableMap(read);
    }

    /** By the command's name, the names of its settings. */
    public static Map<String, Set<String>> byCommand() {
        return BY_COMMAND;
    }

    /** Names of all settings. */
    public static Set<String> all() {
        Set<String> all = new HashSet<>();
        BY_COMMAND.values().forEach(all::addAll);
        return all;
    }

    /** The list as it stands in the file. */
    public static String text(Map<String, Set<String>> byCommand) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(byCommand)
                .forEach((command, names) -> text.append(command)
                        .append(' ')
                        .append(String.join(" ", new TreeSet<>(names)))
                        .append('\n'));
        return text.toString();
    }
}
