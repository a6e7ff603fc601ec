package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.KnownSettings;
import io.millrace.common.metrics.catalogue.MetricCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the documents name in code is there: types and their members, packages, rooms, metrics, environment variables. */
final class DocumentedNamesTest {
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");

    /** A type, perhaps behind its package's last words, perhaps with a member. */
    private static final Pattern TYPE =
            Pattern.compile("((?:[a-z][a-z0-9]*\\.)*)([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)(?:\\.(\\w+))?(?:\\(.*\\))?");

    private static final Pattern METHOD = Pattern.compile("([a-z]\\w*)\\(\\)");
    private static final Pattern PACKAGE = Pattern.compile("io\\.millrace(?:\\.[a-z]+)+");
    private static final Pattern DECLARED = Pattern.compile("\\b(?:class|interface|record|enum) ([A-Z]\\w*)");

    /** A metric, or the rest of one that has the first two words of the one before it. */
    private static final Pattern METRIC =
            Pattern.compile("(millrace_[a-z0-9_]*[a-z0-9]|^_[a-z][a-z0-9_]*)(?![a-z0-9_.])");

    private static final Set<String> METERS = MetricCatalogue.byProcess().values().stream()
            .flatMap(List::stream)
            .map(metric -> metric.spec().prometheusName())
            .collect(Collectors.toSet());

    private static final Pattern VARIABLE = Pattern.compile("MILLRACE_[A-Z0-9_]*[A-Z0-9]");

    /** Types of Java, of the Kafka clients and of trainers, and header names, where documents name them. */
    private static final Set<String> OF_OTHERS = Set.of(
            "Admin",
            "AsyncGRPOTrainer",
            "Duration",
            "GRPOTrainer",
            "Host",
            "IDefaultValueProvider",
            "LimitNOFILE",
            "Origin",
            "RolloutFnEvalOutput");

    /** The sources of all modules, those in Python too, by their paths. */
    private static final Map<Path, String> SOURCES = new TreeMap<>();

    /** The text of all scripts, and of what else reads variables and is no source. */
    private static final List<String> SCRIPTS = new ArrayList<>();

    /** Of each type, the files that declare one of that name. */
    private static final Map<String, Set<Path>> TYPES = new TreeMap<>();

    @BeforeAll
    static void readTheSources() throws IOException {
        for (String module : DocumentsTest.MODULES) {
            read(module, ".java");
        }
        read("python", ".py");
        for (String folder : List.of("scripts", "common/src/main/resources", "python/src")) {
            try (Stream<Path> files = Files.walk(DocumentsTest.ROOT.resolve(folder))) {
                for (Path file : files.filter(Files::isRegularFile)
                        .filter(file -> !file.toString().contains("__pycache__"))
                        .toList()) {
                    SCRIPTS.add(Files.readString(file));
                }
            }
        }
    }

    private static void read(String module, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(DocumentsTest.ROOT.resolve(module).resolve("src"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(ending))
                    .filter(f -> !f.endsWith("DocumentedNamesTest.java"))
                    .toList()) {
                Path path = DocumentsTest.ROOT.relativize(file);
                String source = Files.readString(file);
                SOURCES.put(path, source);
                DECLARED.matcher(source)
                        .results()
                        .forEach(type -> TYPES.computeIfAbsent(type.group(1), name -> new TreeSet<>())
                                .add(path));
            }
        }
    }

    private static List<String> codes(String text) {
        return CODE.matcher(text).results().map(code -> code.group(1)).toList();
    }

    private static boolean anySource(Pattern pattern) {
        return SOURCES.values().stream()
                .anyMatch(source -> pattern.matcher(source).find());
    }

    private static boolean isThere(MatchResult type) {
        String folder = type.group(1).replace('.', '/');
        String member = type.group(3);
        return TYPES.getOrDefault(type.group(2), Set.of()).stream()
                .filter(file -> folder.isEmpty() || (file.getParent() + "/").endsWith("/" + folder))
                .anyMatch(file -> member == null
                        || Pattern.compile("\\b" + member + "\\b")
                                .matcher(SOURCES.getOrDefault(file, ""))
                                .find());
    }

    private static boolean isPackage(String name) {
        String folder = "/" + name.replace('.', '/');
        return SOURCES.keySet().stream()
                .anyMatch(file -> String.valueOf(file.getParent()).endsWith(folder));
    }

    /** In the catalogue under this name, or as one of the series of a histogram of it. */
    private static boolean isMeter(String metric) {
        return METERS.contains(metric) || METERS.contains(metric.replaceFirst("_(bucket|sum|count|max)$", ""));
    }

    private static Set<String> metrics(String text) {
        Set<String> metrics = new TreeSet<>();
        String prefix = "";
        for (String code : codes(text)) {
            for (MatchResult metric : METRIC.matcher(code).results().toList()) {
                String name = metric.group(1);
                if (name.startsWith("millrace_")) {
                    prefix = name.replaceFirst("^(millrace_[a-z]+)_.*", "$1");
                    metrics.add(name);
                } else if (!prefix.isEmpty()) {
                    metrics.add(prefix + name);
                }
            }
        }
        return metrics;
    }

    private static boolean isVariable(String name) {
        boolean setting = KnownSettings.listed().names().stream()
                .map(known -> "MILLRACE_" + known.toUpperCase(Locale.ROOT).replace('-', '_'))
                .anyMatch(known -> name.equals(known) || (known.equals("MILLRACE_KAFKA") && name.startsWith(known)));
        Pattern word = Pattern.compile("\\b" + name + "\\b");
        return setting
                || anySource(word)
                || SCRIPTS.stream().anyMatch(script -> word.matcher(script).find());
    }

    /** The names in a text that nothing has. */
    private static List<String> unknown(String text) {
        List<String> unknown = new ArrayList<>();
        for (String code : codes(text)) {
            TYPE.matcher(code).results().forEach(type -> {
                if (type.group().equals(code) && !OF_OTHERS.contains(type.group(2)) && !isThere(type)) {
                    unknown.add(code);
                }
            });
            METHOD.matcher(code).results().forEach(method -> {
                if (method.group().equals(code) && !anySource(Pattern.compile("\\b" + method.group(1) + "\\("))) {
                    unknown.add(code);
                }
            });
            PACKAGE.matcher(code).results().forEach(name -> {
                if (name.group().equals(code) && !isPackage(code)) {
                    unknown.add(code);
                }
            });
        }
        metrics(text).stream().filter(metric -> !isMeter(metric)).forEach(unknown::add);
        for (MatchResult variable : VARIABLE.matcher(text).results().toList()) {
            if (!isVariable(variable.group())) {
                unknown.add(variable.group());
            }
        }
        return unknown;
    }

    @Test
    void everyNameInTheDocumentsIsThere() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path document : DocumentsTest.documents()) {
            for (String name : unknown(Files.readString(document))) {
                wrong.add(DocumentsTest.ROOT.relativize(document) + ": " + name);
            }
        }
        assertEquals("", wrong.stream().distinct().collect(Collectors.joining("\n")));
    }

    /** The test would also pass on nothing; here it sees what it is there for, and what is beside it. */
    @Test
    void aWrongNameIsNoticed() {
        assertEquals(
                List.of(
                        "OwnerLoopp",
                        "ledger.OwnerLoop",
                        "Json.MAPPERS",
                        "runTwice()",
                        "io.millrace.trainer.nowhere",
                        "millrace_trainer_void_loans_total",
                        "millrace_worker_groups_hold",
                        "MILLRACE_SLOT"),
                unknown(
                        "`OwnerLoopp` `OwnerLoop` `ledger.OwnerLoop` `Json.MAPPERS` `Json.MAPPER` `runTwice()` `runOnce()`"
                                + " `io.millrace.trainer.nowhere` `io.millrace.trainer` `millrace_trainer_void_loans_total{why}`"
                                + " `millrace_trainer_void_leases_total` `millrace_worker_slots`, `_groups_hold`, `_groups_held`"
                                + " MILLRACE_SLOT MILLRACE_SLOTS MILLRACE_KAFKA_SASL_JAAS_CONFIG MILLRACE_AOT"));
    }

    /** In the table of ARCHITECTURE.md. */
    @Test
    void everyRoomOfTheTableIsThere() throws IOException {
        List<String> lines = Files.readAllLines(DocumentsTest.ROOT.resolve("docs/ARCHITECTURE.md"));
        int row = lines.indexOf("| module | rooms |") + 2;
        assertTrue(row >= 2, "the table of rooms is not there");
        List<String> missing = new ArrayList<>();
        for (; row < lines.size() && lines.get(row).startsWith("|"); row++) {
            String[] cells = lines.get(row).split("\\|", -1);
            String module = cells[1].strip();
            for (String code : codes(cells[2])) {
                String room = module + "/src/main/java/io/millrace/[a-z]+/" + code.replace('.', '/') + "(\\.java|/.*)";
                if (SOURCES.keySet().stream().noneMatch(file -> file.toString().matches(room))) {
                    missing.add(module + ": " + code);
                }
            }
        }
        assertEquals(List.of(), missing);
    }
}
