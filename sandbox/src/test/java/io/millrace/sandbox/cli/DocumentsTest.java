package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents point to is there: files, headings, tests and their methods. */
final class DocumentsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern TEST = Pattern.compile("([A-Z][A-Za-z]*Test)(?:\\.([a-zA-Z]+))?");
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
}
