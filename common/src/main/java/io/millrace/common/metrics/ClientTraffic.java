package io.millrace.common.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.catalogue.ProcessMetric;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;

/**
 * What a Kafka client of any kind has sent and received, and its connections: the few of its own metrics that are always
 * served. Read at each scrape; thread-safe, as the clients' metrics are.
 */
final class ClientTraffic implements Metrics.Binding {
    /** Those of one broker's connection have it, and are added up in the client's. */
    private static final String OF_ONE_BROKER = "node-id";

    private final MeterRegistry registry;
    private final List<Figure> figures;
    private final List<Meter> meters;

    /**
     * @param metrics the client's, live
     * @param client its name in the process
     */
    ClientTraffic(MeterRegistry registry, Supplier<Map<MetricName, ? extends Metric>> metrics, String client) {
        this.registry = registry;
        Figure sent = new Figure(metrics, "outgoing-byte-total");
        Figure received = new Figure(metrics, "incoming-byte-total");
        Figure connections = new Figure(metrics, "connection-count");
        this.figures = List.of(sent, received, connections);
        this.meters = List.of(
                ProcessMetric.KAFKA_SENT.counter(registry, sent, Figure::value, client),
                ProcessMetric.KAFKA_RECEIVED.counter(registry, received, Figure::value, client),
                ProcessMetric.KAFKA_CONNECTIONS.gauge(registry, connections, Figure::value, client));
    }

    /** For a client that ends before the process: the next of its name has meters of its own. */
    @Override
    public void close() {
        meters.forEach(registry::remove);
        figures.forEach(Figure::close);
    }

    /** One number, looked for until it is there: some clients make theirs on a thread of their own. */
    private static final class Figure {
        private final Supplier<Map<MetricName, ? extends Metric>> metrics;
        private final String name;
        private volatile @Nullable Metric found;
        private volatile boolean closed;

        Figure(Supplier<Map<MetricName, ? extends Metric>> metrics, String name) {
            this.metrics = metrics;
            this.name = name;
        }

        double value() {
            Metric metric = found;
            if (metric == null && !closed) {
                metric = find();
                found = metric;
            }
            return metric != null && metric.metricValue() instanceof Number number ? number.doubleValue() : 0;
        }

        private @Nullable Metric find() {
            for (Map.Entry<MetricName, ? extends Metric> entry : metrics.get().entrySet()) {
                MetricName key = entry.getKey();
                if (key.name().equals(name) && !key.tags().containsKey(OF_ONE_BROKER)) {
                    return entry.getValue();
                }
            }
            return null;
        }

        void close() {
            closed = true;
        }
    }
}
