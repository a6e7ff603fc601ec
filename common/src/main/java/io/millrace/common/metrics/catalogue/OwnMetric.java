package io.millrace.common.metrics.catalogue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.metrics.catalogue.MetricSpec.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A metric of the catalogue, which registers its meters. Each method gives the meter of these label values, the same one
 * every time; values stand in the order of the labels' keys. Thread-safe.
 */
public interface OwnMetric {
    MetricSpec spec();

    /** @throws IllegalArgumentException when the catalogue has another kind or other labels, as all of these */
    default Counter counter(MeterRegistry registry, String... values) {
        return Counter.builder(of(Kind.COUNTER).name())
                .description(spec().meaning())
                .baseUnit(baseUnit())
                .tags(tags(values))
                .register(registry);
    }

    /**
     * A counter that is read.
     *
     * @param counted held weakly: it must live elsewhere
     */
    default <T> FunctionCounter counter(
            MeterRegistry registry, T counted, ToDoubleFunction<T> value, String... values) {
        return FunctionCounter.builder(of(Kind.COUNTER).name(), counted, value)
                .description(spec().meaning())
                .baseUnit(baseUnit())
                .tags(tags(values))
                .register(registry);
    }

    /** @param shown held weakly: it must live elsewhere */
    default <T> Gauge gauge(MeterRegistry registry, T shown, ToDoubleFunction<T> value, String... values) {
        return Gauge.builder(of(Kind.GAUGE).name(), shown, value)
                .description(spec().meaning())
                .baseUnit(baseUnit())
                .tags(tags(values))
                .register(registry);
    }

    /** @param value held; asked at each scrape, quick and on any thread; NaN where there is none */
    default Gauge gauge(MeterRegistry registry, Supplier<Number> value, String... values) {
        return Gauge.builder(of(Kind.GAUGE).name(), value)
                .description(spec().meaning())
                .baseUnit(baseUnit())
                .tags(tags(values))
                .register(registry);
    }

    /** A histogram of durations. */
    default Timer timer(MeterRegistry registry, String... values) {
        return Timer.builder(of(Kind.TIMER).name())
                .description(spec().meaning())
                .serviceLevelObjectives(spec().buckets().stream()
                        .map(seconds -> Duration.ofNanos(Math.round(seconds * 1e9)))
                        .toArray(Duration[]::new))
                .tags(tags(values))
                .register(registry);
    }

    /** A histogram of numbers. */
    default DistributionSummary summary(MeterRegistry registry, String... values) {
        return DistributionSummary.builder(of(Kind.SUMMARY).name())
                .description(spec().meaning())
                .baseUnit(baseUnit())
                .serviceLevelObjectives(spec().buckets().stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray())
                .tags(tags(values))
                .register(registry);
    }

    private MetricSpec of(Kind kind) {
        if (spec().kind() != kind) {
            throw new IllegalArgumentException(spec().name() + " is a " + spec().kind() + " and no " + kind);
        }
        return spec();
    }

    private @Nullable String baseUnit() {
        return spec().unit().isEmpty() ? null : spec().unit();
    }

    private List<Tag> tags(String... values) {
        List<String> keys = spec().labels();
        if (keys.size() != values.length) {
            throw new IllegalArgumentException(
                    spec().name() + " has the labels " + keys + ", not " + values.length + " of them");
        }
        List<Tag> tags = new ArrayList<>(values.length);
        for (int i = 0; i < values.length; i++) {
            tags.add(Tag.of(keys.get(i), values[i]));
        }
        return tags;
    }
}
