package io.millrace.common.topics;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.catalogue.OwnMetric;
import io.millrace.common.metrics.catalogue.ProcessMetric;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How full the brokers' disks are, and what of that are the run's topics. Asked for when somebody looks, at most every
 * {@link #PERIOD}, and never waited for: a scrape shows what the one before it asked for. Needs the right to describe the
 * cluster; without it there are no such series, which is said once. Thread-safe.
 */
public final class BrokerDisk {
    private static final Logger log = LoggerFactory.getLogger(BrokerDisk.class);
    static final Duration PERIOD = Duration.ofSeconds(30);

    private final Admin admin;
    private final String prefix;
    private final MeterRegistry registry;
    private final EverySoOften due;
    private final AtomicBoolean underWay = new AtomicBoolean();
    private final AtomicBoolean refused = new AtomicBoolean();
    /** Bytes by the label's value; an entry once made stays, as its gauge does. */
    private final Map<String, Double> free = new ConcurrentHashMap<>();

    private final Map<String, Double> size = new ConcurrentHashMap<>();
    private final Map<String, Double> topics = new ConcurrentHashMap<>();

    /** @param admin not owned; asked for the first time at once */
    public BrokerDisk(Admin admin, RunTopics run, MeterRegistry registry, Ticker ticker) {
        this.admin = admin;
        this.prefix = run.run() + ".";
        this.registry = registry;
        this.due = new EverySoOften(PERIOD, ticker);
        ask();
    }

    private void ask() {
        if (refused.get() || !underWay.compareAndSet(false, true)) {
            return;
        }
        if (!due.isDue()) {
            underWay.set(false);
            return;
        }
        admin.describeCluster()
                .nodes()
                .toCompletionStage()
                .thenCompose(this::folders)
                .whenComplete((folders, cause) -> {
                    if (cause == null) {
                        take(folders);
                    } else {
                        failed(cause);
                    }
                    underWay.set(false);
                });
    }

    private CompletionStage<Map<Integer, Map<String, LogDirDescription>>> folders(Collection<Node> nodes) {
        return admin.describeLogDirs(nodes.stream().map(Node::id).toList())
                .allDescriptions()
                .toCompletionStage();
    }

    private void take(Map<Integer, Map<String, LogDirDescription>> folders) {
        Map<String, Double> sums = new ConcurrentHashMap<>();
        folders.forEach((broker, byFolder) -> {
            double freeBytes = 0;
            double allBytes = 0;
            for (LogDirDescription folder : byFolder.values()) {
                freeBytes += folder.usableBytes().orElse(0);
                allBytes += folder.totalBytes().orElse(0);
                folder.replicaInfos().forEach((partition, replica) -> {
                    if (partition.topic().startsWith(prefix)) {
                        sums.merge(partition.topic(), (double) replica.size(), Double::sum);
                    }
                });
            }
            show(ProcessMetric.BROKER_DISK_FREE, free, String.valueOf(broker), freeBytes);
            show(ProcessMetric.BROKER_DISK_SIZE, size, String.valueOf(broker), allBytes);
        });
        sums.forEach((topic, bytes) -> show(ProcessMetric.TOPIC_SIZE, topics, topic, bytes));
    }

    /** What is not known is not shown as it was. */
    private void failed(Throwable cause) {
        List.of(free, size, topics).forEach(Map::clear);
        Throwable root = cause.getCause() == null ? cause : cause.getCause();
        if (root instanceof AuthorizationException && refused.compareAndSet(false, true)) {
            log.info("the sizes of the brokers' disks are not shown: {}", root.getMessage());
        }
    }

    private void show(OwnMetric metric, Map<String, Double> values, String label, double bytes) {
        if (values.put(label, bytes) == null) {
            metric.gauge(registry, () -> look(values, label), label);
        }
    }

    private double look(Map<String, Double> values, String label) {
        ask();
        return values.getOrDefault(label, Double.NaN);
    }
}
