package io.millrace.common.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

/**
 * A share consumer's own numeric metrics, named as Micrometer's Kafka binder names a consumer's. Bound once: metrics
 * that the client registers later (per node, per topic) are left out, which keeps the number of series bounded.
 */
final class ShareConsumerMetrics implements MeterBinder {
    private final ShareConsumer<?, ?> consumer;
    private final Tags tags;
    private final List<Meter> meters = new ArrayList<>();

    ShareConsumerMetrics(ShareConsumer<?, ?> consumer, Tags tags) {
        this.consumer = consumer;
        this.tags = tags;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Set<String> seen = new HashSet<>();
        consumer.metrics().forEach((name, metric) -> {
            if (metric.metricValue() instanceof Number && seen.add(name.group() + "." + name.name())) {
                bind(registry, name, metric);
            }
        });
    }

    private void bind(MeterRegistry registry, MetricName name, Metric metric) {
        String meter = "kafka." + name.group().replace("-metrics", "").replace('-', '.') + "."
                + name.name().replace('-', '.');
        Iterable<Tag> meterTags = tags;
        if (name.name().endsWith("-total")) {
            meters.add(FunctionCounter.builder(meter, metric, ShareConsumerMetrics::value)
                    .tags(meterTags)
                    .description(name.description())
                    .register(registry));
            return;
        }
        meters.add(Gauge.builder(meter, metric, ShareConsumerMetrics::value)
                .tags(meterTags)
                .description(name.description())
                .register(registry));
    }

    /** For a consumer that ends before the process: the next of its name has meters of its own. */
    void removeFrom(MeterRegistry registry) {
        meters.forEach(registry::remove);
        meters.clear();
    }

    private static double value(Metric metric) {
        return metric.metricValue() instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
