package io.millrace.common.metrics.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.Metrics;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricCatalogueTest {
    private static final Pattern SERIES = Pattern.compile("^(millrace_[a-z0-9_]+)(?:\\{([^}]*)})? ", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=");

    private final Metrics metrics = new Metrics("r1");
    private final MeterRegistry registry = metrics.registry();

    @AfterEach
    void close() {
        metrics.close();
    }

    private static List<OwnMetric> all() {
        return MetricCatalogue.byProcess().values().stream()
                .flatMap(List::stream)
                .toList();
    }

    private void register(OwnMetric metric) {
        String[] values = metric.spec().labels().stream().map(label -> "some").toArray(String[]::new);
        switch (metric.spec().kind()) {
            case COUNTER -> metric.counter(registry, values);
            case GAUGE -> metric.gauge(registry, () -> 1, values);
            case TIMER -> metric.timer(registry, values);
            case SUMMARY -> metric.summary(registry, values);
        }
    }

    @Test
    void everyMetricIsServedUnderItsNameWithItsMeaningAndKind() {
        all().forEach(this::register);
        String text = metrics.scrape();
        List<String> missing = new ArrayList<>();
        for (OwnMetric metric : all()) {
            MetricSpec spec = metric.spec();
            String name = spec.prometheusName();
            if (!text.contains("# HELP " + name + " " + spec.meaning() + "\n")
                    || !text.contains("# TYPE " + name + " " + spec.kind().word() + "\n")) {
                missing.add(name);
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void noSeriesHasALabelThatIsNotDeclared() {
        all().forEach(this::register);
        List<String> wrong = new ArrayList<>();
        for (MatchResult series : SERIES.matcher(metrics.scrape()).results().toList()) {
            Set<String> labels = new HashSet<>();
            LABEL.matcher(series.group(2)).results().forEach(label -> labels.add(label.group(1)));
            labels.removeAll(Set.of("run", "le"));
            String name = series.group(1).replaceFirst("_(bucket|sum|count|max)$", "");
            boolean declared = all().stream()
                    .map(OwnMetric::spec)
                    .anyMatch(spec -> spec.prometheusName().equals(name)
                            && Set.copyOf(spec.prometheusLabels()).equals(labels));
            if (!declared) {
                wrong.add(series.group());
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void namesAreDistinct() {
        Set<String> seen = new HashSet<>();
        assertEquals(
                List.of(),
                all().stream()
                        .map(metric -> metric.spec().prometheusName())
                        .filter(name -> !seen.add(name))
                        .toList());
    }

    @Test
    void aMetricOfOursThatIsNotInTheCatalogueIsNotRegistered() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> registry.counter("millrace.worker.claimed"))
                .getMessage()
                .contains("millrace.worker.claimed"));
        assertThrows(IllegalArgumentException.class, () -> registry.gauge("millrace.worker.slots.idle", 1));
    }

    @Test
    void anotherKindOrOtherLabelsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> WorkerMetric.SLOTS.counter(registry));
        assertThrows(IllegalArgumentException.class, () -> WorkerMetric.CLAIMS.counter(registry));
        assertThrows(IllegalArgumentException.class, () -> WorkerMetric.GROUPS_FINISHED.counter(registry, "a"));
    }

    @Test
    void histogramsReachFromMillisecondsToHours() {
        List<Double> buckets = WorkerMetric.GENERATION.spec().buckets();
        assertTrue(buckets.getFirst() <= 0.001 && buckets.getLast() >= 3600, buckets.toString());
        assertEquals(buckets.stream().sorted().toList(), buckets);
    }
}
