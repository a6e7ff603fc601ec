package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.metrics.catalogue.MetricCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Rules and dashboards name metrics that are there, and every alert is tested and explained. What Prometheus says of them
 * is asked by {@code scripts/test-monitoring}.
 */
class MonitoringTest {
    private static final Path DEPLOY = DocumentsTest.ROOT.resolve("deploy");
    private static final Path ALERTS = DEPLOY.resolve("prometheus/alerts.yml");

    /** One of ours, which is no part of a recorded one. */
    private static final Pattern METRIC = Pattern.compile("(?<![\\w:])millrace_[a-z0-9_]+(?![\\w:])");

    private static final Pattern RECORDED = Pattern.compile("\\b(?:run|broker):millrace_[a-z_]+:[a-z0-9_]+");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map(found -> found.group(found.groupCount()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Expressions alone: of a dashboard and of the rules, by file. */
    private static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(DEPLOY)) {
            return all.filter(file -> file.toString().matches(".*/(dashboards/[^/]*\\.json|(rules|alerts)\\.yml)"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void everyMetricOfARuleOrPanelIsInTheCatalogue() throws IOException {
        Set<String> known = MetricCatalogue.byProcess().values().stream()
                .flatMap(List::stream)
                .map(metric -> metric.spec().prometheusName())
                .collect(Collectors.toSet());
        List<String> wrong = new ArrayList<>();
        assertTrue(files().size() >= 5, () -> "the files are not there in " + DEPLOY);
        for (Path file : files()) {
            for (String metric : found(METRIC, Files.readString(file))) {
                if (!known.contains(metric) && !known.contains(metric.replaceFirst("_(bucket|sum|count)$", ""))) {
                    wrong.add(DEPLOY.relativize(file) + ": " + metric);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyRecordedSeriesThatIsReadIsRecorded() throws IOException {
        String rules = Files.readString(DEPLOY.resolve("prometheus/rules.yml"));
        for (Path file : files()) {
            for (String series : found(RECORDED, Files.readString(file))) {
                assertTrue(rules.contains("record: " + series + "\n"), () -> file + " reads " + series);
            }
        }
    }

    @Test
    void everyAlertIsTestedAndHasASectionThatSaysWhatToDo() throws IOException {
        String alerts = Files.readString(ALERTS);
        String tests = Files.readString(DEPLOY.resolve("prometheus/tests/alerts.yml"));
        String guide = Files.readString(DocumentsTest.ROOT.resolve("docs/OPERATIONS.md"));
        Set<String> names = found(ALERT, alerts);
        assertTrue(names.size() >= 10, names::toString);
        for (String alert : names) {
            assertTrue(tests.contains("alertname=\"" + alert + "\""), () -> alert + " is not tested");
            assertTrue(guide.contains("\n### " + alert + "\n"), () -> alert + " has no section");
            assertTrue(
                    alerts.contains("runbook: docs/OPERATIONS.md#" + alert.toLowerCase(Locale.ROOT) + "\n"),
                    () -> alert + " does not say where it is explained");
        }
    }
}
