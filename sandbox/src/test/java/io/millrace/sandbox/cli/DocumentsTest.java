package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.common.config.KnownSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents point to is there: files, headings, tests and their methods, scripts, commands and flags. */
final class DocumentsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern TEST = Pattern.compile("([A-Z][A-Za-z]*Test)(?:\\.([a-zA-Z]+))?");
    /** A flag with its whole name; {@code --eval-...} stands for several. */
    private static final Pattern FLAG = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9]*+(?:-[a-z0-9]+)*+(?!-)");

    /** A script, and what stands behind it in lower case. */
    private static final Pattern CALL = Pattern.compile("scripts/([a-z][a-z-]*)(?: ([a-z][a-z-]*))?");

    private static final Pattern METHOD_OF_THE_LAST = Pattern.compile("\\.([a-z][A-Za-z]+)");

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")));
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        return documents;
    }

    /** Test classes by simple name. */
    private static Map<String, String> tests() throws IOException {
        Map<String, String> tests = new HashMap<>();
        for (String module : List.of("common", "producer", "generator-worker", "trainer-consumer", "sandbox")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
                    tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
                }
            }
        }
        assertFalse(tests.isEmpty(), "no tests below " + ROOT);
        return tests;
    }

    /** As web pages of repositories make them: lower case, spaces to hyphens, no other punctuation. */
    private static List<String> anchors(Path document) throws IOException {
        return Files.readAllLines(document).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ *", "").toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .toList();
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            for (MatchResult link :
                    LINK.matcher(Files.readString(document)).results().toList()) {
                URI target = URI.create(link.group(1));
                if (target.isAbsolute()) {
                    continue;
                }
                Path file = target.getPath().isEmpty()
                        ? document
                        : document.resolveSibling(target.getPath()).normalize();
                boolean leads = Files.exists(file)
                        && (target.getFragment() == null || anchors(file).contains(target.getFragment()));
                if (!leads) {
                    broken.add(ROOT.relativize(document) + ": " + link.group(1));
                }
            }
        }
        assertEquals("", String.join("\n", broken));
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> tests = tests();
        List<String> unknown = new ArrayList<>();
        for (Path document : documents()) {
            String last = "";
            for (MatchResult code :
                    CODE.matcher(Files.readString(document)).results().toList()) {
                Matcher test = TEST.matcher(code.group(1));
                Matcher method = METHOD_OF_THE_LAST.matcher(code.group(1));
                if (test.matches()) {
                    last = test.group(1);
                    String source = tests.get(last);
                    boolean known =
                            source != null && (test.group(2) == null || source.contains(" " + test.group(2) + "("));
                    if (!known) {
                        unknown.add(ROOT.relativize(document) + ": " + code.group(1));
                    }
                } else if (method.matches()
                        && !last.isEmpty()
                        && !tests.getOrDefault(last, "").contains(" " + method.group(1) + "(")) {
                    unknown.add(ROOT.relativize(document) + ": " + last + code.group(1));
                }
            }
        }
        assertEquals("", unknown.stream().distinct().collect(Collectors.joining("\n")));
    }

    /** Flags of tools that are not ours, where documents name them. */
    private static final Set<String> OF_OTHERS =
            Set.of("--profile", "--build", "--wait", "--scale", "--max-running-requests", "--config", "--help");

    /** A flag behind the name of a command is one of that command; any other one of some command. */
    @Test
    void everyFlagThatIsNamedExists() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (Path document : documents()) {
            String text = Files.readString(document).replace("\\\n", " ");
            for (String line : text.lines().toList()) {
                Matcher call = CALL.matcher(line);
                String command = !call.find() ? "" : call.group(2) == null ? call.group(1) : call.group(2);
                Set<String> own = KnownSettings.byCommand().getOrDefault(command, KnownSettings.all());
                for (MatchResult flag : FLAG.matcher(line).results().toList()) {
                    // Up to the end of the code that names the command.
                    boolean ofCommand = call.hasMatch()
                            && flag.start() > call.start()
                            && line.substring(call.start(), flag.start()).indexOf('`') < 0;
                    String name = flag.group().substring(2);
                    if (!OF_OTHERS.contains(flag.group()) && !(ofCommand ? own : KnownSettings.all()).contains(name)) {
                        unknown.add(ROOT.relativize(document) + ": " + command + " " + flag.group());
                    }
                }
            }
        }
        assertEquals("", unknown.stream().distinct().collect(Collectors.joining("\n")));
    }

    @Test
    void everyScriptAndCommandThatIsNamedExists() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (Path document : documents()) {
            for (MatchResult call :
                    CALL.matcher(Files.readString(document)).results().toList()) {
                boolean script = Files.exists(ROOT.resolve("scripts").resolve(call.group(1)));
                boolean command = call.group(2) == null
                        || !call.group(1).equals("millrace")
                        || KnownSettings.byCommand().containsKey(call.group(2));
                if (!script || !command) {
                    unknown.add(ROOT.relativize(document) + ": " + call.group());
                }
            }
        }
        assertEquals("", String.join("\n", unknown));
    }
}
