package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.KnownSettings;
import io.millrace.common.id.RunId;
import io.millrace.common.record.GroupKind;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents point to is there: files, headings, tests and their methods, scripts, commands and flags. */
final class DocumentsTest {
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    static final List<String> MODULES =
            List.of("common", "producer", "generator-worker", "trainer-consumer", "ops", "sandbox");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern TEST = Pattern.compile("([A-Z][A-Za-z]*Test)(?:\\.([a-zA-Z]+))?");
    /** A flag with its whole name; {@code --eval-...} stands for several. */
    private static final Pattern FLAG = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9]*+(?:-[a-z0-9]+)*+(?!-)");

    /** A script, and what stands behind it in lower case. */
    private static final Pattern CALL = Pattern.compile("scripts/([a-z][a-z-]*)(?: ([a-z][a-z-]*))?");

    private static final Pattern METHOD_OF_THE_LAST = Pattern.compile("\\.([a-z][A-Za-z]+)");

    static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (String name : List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md")) {
            documents.add(ROOT.resolve(name));
        }
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        return documents;
    }

    /** Test classes by simple name. */
    private static Map<String, String> tests() throws IOException {
        Map<String, String> tests = new HashMap<>();
        for (String module : MODULES) {
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

    /** slime's, in its own document and where that is pointed to. */
    private static final Set<String> OF_SLIME = Set.of(
            "--rollout-function-path",
            "--rollout-batch-size",
            "--n-samples-per-prompt",
            "--update-weights-interval",
            "--use-rollout-routing-replay",
            "--prompt-data",
            "--rollout-max-response-len",
            "--rollout-temperature",
            "--rm-type",
            "--custom-rm-path",
            "--dynamic-sampling-filter-path",
            "--rollout-sample-filter-path",
            "--rollout-all-samples-process-path",
            "--eval-prompt-data",
            "--eval-config");

    /** Of programs of the Python package. */
    private static final Set<String> OF_PYTHON = Set.of("--url", "--host", "--state");

    /** Flags of tools that are not ours, where documents name them. */
    private static final Set<String> OF_OTHERS = Set.of(
            "--profile",
            "--build",
            "--wait",
            "--real",
            "--trainer",
            "--scale",
            "--env-file",
            "--rm",
            "--max-running-requests",
            "--max-queued-requests",
            "--disable-retries",
            "--enable-return-routed-experts",
            "--enable-scale-out",
            "--scheduling-policy",
            "--logprobs-mode",
            "--port",
            "--config",
            "--log-format",
            "--help",
            "--min",
            "--max",
            "--apply",
            "--cool-down",
            "--lag-command",
            "--metrics-url");

    /** A flag behind the name of a command is one of that command; any other one of some command. */
    @Test
    void everyFlagThatIsNamedExists() throws IOException {
        List<String> unknown = new ArrayList<>();
        for (Path document : documents()) {
            String text = Files.readString(document).replace("\\\n", " ");
            for (String line : text.lines().toList()) {
                Matcher call = CALL.matcher(line);
                String command = !call.find() ? "" : call.group(2) == null ? call.group(1) : call.group(2);
                Set<String> own = KnownSettings.listed()
                        .byCommand()
                        .getOrDefault(command, KnownSettings.listed().names());
                for (MatchResult flag : FLAG.matcher(line).results().toList()) {
                    // Up to the end of the code that names the command.
                    boolean ofCommand = call.hasMatch()
                            && flag.start() > call.start()
                            && line.substring(call.start(), flag.start()).indexOf('`') < 0;
                    String name = flag.group().substring(2);
                    if (!OF_OTHERS.contains(flag.group())
                            && !OF_SLIME.contains(flag.group())
                            && !OF_PYTHON.contains(flag.group())
                            && !(ofCommand ? own : KnownSettings.listed().names()).contains(name)) {
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
                        || KnownSettings.listed().byCommand().containsKey(call.group(2));
                if (!script || !command) {
                    unknown.add(ROOT.relativize(document) + ": " + call.group());
                }
            }
        }
        assertEquals("", String.join("\n", unknown));
    }

    /** Whose source it is, in the words of the table; a tool's reading is its own. */
    private static final Map<String, String> ROLES = new LinkedHashMap<>();

    static {
        ROLES.put("producer/", "producer");
        ROLES.put("generator-worker/", "worker");
        ROLES.put("trainer-consumer/", "trainer consumer");
        ROLES.put("ops/src/main/java/io/millrace/ops/replay/", "`replay`");
        ROLES.put("ops/src/main/java/io/millrace/ops/audit/", "`audit`");
        ROLES.put("ops/src/main/java/io/millrace/ops/lag/", "`lag`");
        ROLES.put("ops/src/main/java/io/millrace/ops/trace/", "`trace`");
    }

    /** Who names a topic in its code, and neither writes nor reads it: the producer deletes what no worker goes on with. */
    private static final Map<String, Set<String>> DELETES_ONLY = Map.of("partials", Set.of("producer"));

    /** A call that gives a topic's name, such as {@code topics.receipts(GroupKind.TRAINING)} or {@code topics.lane(Lane.URGENT)}. */
    private static final Pattern TOPIC_CALL =
            Pattern.compile("[tT]opics(?:\\(\\))?\\.([a-zA-Z]+)\\(((?:[^()]|\\(\\))*)\\)");

    /** The source of each role, one file behind the other. */
    private static Map<String, String> sourceByRole() throws IOException {
        Map<String, String> sources = new TreeMap<>();
        for (String module : List.of("producer", "generator-worker", "trainer-consumer", "ops")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    String path = ROOT.relativize(file).toString();
                    Optional<String> role = ROLES.entrySet().stream()
                            .filter(entry -> path.startsWith(entry.getKey()))
                            .map(Map.Entry::getValue)
                            .findFirst();
                    if (role.isPresent()) {
                        sources.merge(role.get(), Files.readString(file), String::concat);
                    }
                }
            }
        }
        return sources;
    }

    /**
     * The topics that a call names.
     *
     * @param source of the role; a variable lane or kind stands for all whose constants it names
     */
    private static Set<String> topics(MatchResult call, String source) throws Exception {
        RunTopics topics = new RunTopics(new RunId("r"));
        Set<String> named = new TreeSet<>();
        for (Method method : RunTopics.class.getDeclaredMethods()) {
            boolean constant = call.group(2).isEmpty();
            if (!method.getName().equals(call.group(1)) || method.getParameterCount() != (constant ? 0 : 1)) {
                continue;
            }
            if (constant) {
                named.add(String.valueOf(method.invoke(topics)));
                continue;
            }
            Class<?> type = method.getParameterTypes()[0];
            String where = call.group(2).contains(type.getSimpleName() + ".") ? call.group(2) : source;
            for (Lane lane : Lane.values()) {
                boolean byLane = where.contains("Lane." + lane.name());
                if (type == Lane.class && byLane) {
                    named.add(String.valueOf(method.invoke(topics, lane)));
                } else if (type == GroupKind.class && (byLane || where.contains("GroupKind." + lane.kind()))) {
                    named.add(String.valueOf(method.invoke(topics, lane.kind())));
                }
            }
        }
        return named.stream()
                .filter(name ->
                        name.startsWith("r.") && !call.group(1).matches("shareGroup|.*LagGroup|.*TransactionalId"))
                .map(name -> name.substring(2))
                .collect(Collectors.toSet());
    }

    /** Roles by the topic that their code names. */
    private static Map<String, Set<String>> rolesByTopic() throws Exception {
        Map<String, Set<String>> roles = new TreeMap<>();
        for (Map.Entry<String, String> role : sourceByRole().entrySet()) {
            for (MatchResult call :
                    TOPIC_CALL.matcher(role.getValue()).results().toList()) {
                for (String topic : topics(call, role.getValue())) {
                    if (!DELETES_ONLY.getOrDefault(topic, Set.of()).contains(role.getKey())) {
                        roles.computeIfAbsent(topic, name -> new TreeSet<>()).add(role.getKey());
                    }
                }
            }
        }
        return roles;
    }

    /** Writers and readers as the architecture's table has them, by topic. */
    private static Map<String, String> tableByTopic() throws IOException {
        Map<String, String> table = new TreeMap<>();
        List<String> lines = Files.readAllLines(ROOT.resolve("docs/ARCHITECTURE.md"));
        int row = lines.indexOf("| topic | what | written by | read by |") + 2;
        assertTrue(row >= 2, "the table of topics is not there");
        for (; lines.get(row).startsWith("|"); row++) {
            String[] cells = lines.get(row).split("\\|", -1);
            List<String> topics =
                    CODE.matcher(cells[1]).results().map(code -> code.group(1)).toList();
            for (int i = 0; i < topics.size(); i++) {
                table.put(topics.get(i), part(cells[3], i, topics.size()) + "; " + part(cells[4], i, topics.size()));
            }
        }
        return table;
    }

    /** Of a cell that has a part for each topic of its row, that of one; else the cell. */
    private static String part(String cell, int topic, int topics) {
        String[] parts = cell.split(";", -1);
        return topics > 1 && parts.length == topics ? parts[topic].strip() : cell.strip();
    }

    @Test
    void theTableOfTopicsNamesEveryRoleThatWritesOrReadsOneAndNoOther() throws Exception {
        Map<String, Set<String>> code = rolesByTopic();
        Map<String, String> table = tableByTopic();
        List<String> wrong = new ArrayList<>();
        Set<String> all = new TreeSet<>(ROLES.values());
        code.forEach((topic, roles) -> {
            String named = table.getOrDefault(topic, "");
            for (String role : all) {
                // What is there for all names nobody.
                boolean says = named.contains(role) || (named.endsWith("; all") && roles.contains(role));
                if (says != roles.contains(role)) {
                    wrong.add(topic + (says ? " is said to be of " : " is not said to be of ") + role);
                }
            }
        });
        assertEquals("", String.join("\n", wrong));
        assertEquals(table.keySet(), code.keySet());
    }
}
