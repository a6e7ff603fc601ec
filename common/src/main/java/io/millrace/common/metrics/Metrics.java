package io.millrace.common.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.common.metrics.catalogue.MetricCatalogue;
import io.millrace.common.trace.Tracing;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;

/** The process's meters, and its traces. Every meter carries the run's id; of ours there are those of the {@link MetricCatalogue}. Thread-safe. */
public final class Metrics implements AutoCloseable {
    /** Of the Java machine: what no rule and no figure asks for, so that a scrape stays short enough to read. */
    private static final Set<String> LEFT_OUT = Set.of(
            "jvm.buffer.count",
            "jvm.buffer.total.capacity",
            "jvm.gc.max.data.size",
            "jvm.gc.memory.promoted",
            "jvm.memory.committed",
            "jvm.threads.daemon",
            "jvm.threads.peak",
            "jvm.threads.started",
            "jvm.threads.states");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    /** Each refreshes itself on a thread of its own until closed. */
    private final Queue<KafkaClientMetrics> binders = new ConcurrentLinkedQueue<>();

    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final MetricsSettings settings;
    private final Tracing tracing;

    /** @param run the run's id, or the role of a process that serves no run */
    public Metrics(String run) {
        this(run, MetricsSettings.DEFAULTS);
    }

    /** @param run the run's id, or the role of a process that serves no run */
    public Metrics(String run, MetricsSettings settings) {
        this(run, "", settings);
    }

    /**
     * @param run the run's id, or the role of a process that serves no run
     * @param role that traces name the process by
     */
    public Metrics(String run, String role, MetricsSettings settings) {
        this.settings = settings;
        this.tracing = role.isEmpty()
                ? Tracing.OFF
                : Tracing.start(settings.traces(), "millrace-" + role, run, System.getenv());
        registry.config()
                .meterFilter(MetricCatalogue.onlyDeclared())
                .meterFilter(MeterFilter.deny(Metrics::isReplacedTopic))
                .meterFilter(MeterFilter.deny(id -> LEFT_OUT.contains(id.getName())))
                .commonTags(Tags.of("run", run));
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /**
     * The clients have what they measure of a topic twice, under its name and under the name with its dots replaced, so
     * that sums double. Every topic of a run has a dot.
     */
    private static boolean isReplacedTopic(Meter.Id id) {
        String topic = id.getTag("topic");
        return id.getName().startsWith("kafka.") && topic != null && topic.indexOf('.') < 0;
    }

    /** Closed with these. */
    public Tracing tracing() {
        return tracing;
    }

    public MeterRegistry registry() {
        return registry;
    }

    /** All meters in Prometheus text. */
    public String scrape() {
        return registry.scrape();
    }

    /**
     * What the client sends and receives, and its own metrics where they are wanted.
     *
     * @return takes them off again, for a client that ends before the process; else the registry does
     */
    public Binding bind(Producer<?, ?> producer, String client) {
        Binding traffic = new ClientTraffic(registry, producer::metrics, client);
        return settings.kafkaMetrics() ? traffic.and(keep(new KafkaClientMetrics(producer, of(client)))) : traffic;
    }

    /** As for a producer. */
    public Binding bind(Consumer<?, ?> consumer, String client) {
        Binding traffic = new ClientTraffic(registry, consumer::metrics, client);
        return settings.kafkaMetrics() ? traffic.and(keep(new KafkaClientMetrics(consumer, of(client)))) : traffic;
    }

    /** Micrometer has no binder for share consumers; see {@link ShareConsumerMetrics}. */
    public Binding bind(ShareConsumer<?, ?> consumer, String client) {
        Binding traffic = new ClientTraffic(registry, consumer::metrics, client);
        if (!settings.kafkaMetrics()) {
            return traffic;
        }
        ShareConsumerMetrics binder = new ShareConsumerMetrics(consumer, of(client));
        binder.bindTo(registry);
        return traffic.and(() -> binder.removeFrom(registry));
    }

    private static Tags of(String client) {
        return Tags.of("client", client);
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

        /** Both together. */
        default Binding and(Binding other) {
            return () -> {
                close();
                other.close();
            };
        }
    }

    @Override
    public void close() {
        binders.forEach(KafkaClientMetrics::close);
        gc.close();
        registry.close();
        tracing.close();
    }
}
