package io.millrace.common.metrics.catalogue;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All metrics of our own, by the process that serves them. */
public final class MetricCatalogue {
    private static final String PREFIX = "millrace.";
    private static final SequencedMap<String, List<OwnMetric>> BY_PROCESS = new LinkedHashMap<>();

    static {
        BY_PROCESS.put("producer", Arrays.asList(ProducerMetric.values()));
        BY_PROCESS.put("worker", Arrays.asList(WorkerMetric.values()));
        BY_PROCESS.put("trainer consumer", Arrays.asList(TrainerMetric.values()));
        BY_PROCESS.put("several processes", Arrays.asList(ProcessMetric.values()));
    }

    private static final Map<String, MetricSpec> BY_NAME = BY_PROCESS.values().stream()
            .flatMap(List::stream)
            .map(OwnMetric::spec)
            .collect(Collectors.toUnmodifiableMap(MetricSpec::name, Function.identity()));

    private MetricCatalogue() {}

    /** In the order in which they are shown; the keys are words for people. */
    public static SequencedMap<String, List<OwnMetric>> byProcess() {
        return new LinkedHashMap<>(BY_PROCESS);
    }

    /** Refuses, with an {@link IllegalArgumentException}, a meter of our names that is not declared here. */
    public static MeterFilter onlyDeclared() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                if (id.getName().startsWith(PREFIX) && !BY_NAME.containsKey(id.getName())) {
                    throw new IllegalArgumentException("the catalogue of metrics has no " + id.getName());
                }
                return id;
            }
        };
    }
}
