package io.millrace.common.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.common.metrics.catalogue.MetricCatalogue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;

/** The process's meters. Every one carries the run's id; of ours there are those of the {@link MetricCatalogue}. Thread-safe. */
public final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    /** Each refreshes itself on a thread of its own until closed. */
    private final Queue<KafkaClientMetrics> binders = new ConcurrentLinkedQueue<>();

    private final JvmGcMetrics gc = new JvmGcMetrics();

    /** @param run the run's id, or the role of a process that serves no run */
    public Metrics(String run) {
        registry.config().meterFilter(MetricCatalogue.onlyDeclared()).commonTags(Tags.of("run", run));
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    public MeterRegistry registry() {
        return registry;
    }

    /** All meters in Prometheus text. */
    public String scrape() {
        return registry.scrape();
    }

    /**
     * The client's own metrics.
     *
     * @return takes them off again, for a client that ends before the process; else the registry does
     */
    public Binding bind(Producer<?, ?> producer, String client) {
        return keep(new KafkaClientMetrics(producer, Tags.of("client", client)));
    }

    /** As for a producer. */
    public Binding bind(Consumer<?, ?> consumer, String client) {
        return keep(new KafkaClientMetrics(consumer, Tags.of("client", client)));
    }

    /** Micrometer has no binder for share consumers; see {@link ShareConsumerMetrics}. */
    public Binding bind(ShareConsumer<?, ?> consumer, String client) {
        ShareConsumerMetrics binder = new ShareConsumerMetrics(consumer, Tags.of("client", client));
        binder.bindTo(registry);
        return () -> binder.removeFrom(registry);
    }

    private Binding keep(KafkaClientMetrics binder) {
        binder.bindTo(registry);
        binders.add(binder);
        return () -> {
            binders.remove(binder);
            binder.close();
        };
    }

    /** The meters of one client. */
    public interface Binding extends AutoCloseable {
        @Override
        void close();
    }

    @Override
    public void close() {
        binders.forEach(KafkaClientMetrics::close);
        gc.close();
        registry.close();
    }
}
