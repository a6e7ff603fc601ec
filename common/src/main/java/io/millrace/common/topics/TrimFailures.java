package io.millrace.common.topics;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.metrics.catalogue.ProcessMetric;
import io.millrace.common.time.EverySoOften;
import io.millrace.common.time.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of deletions that fail, since the disk of the broker fills meanwhile: a count by topic, one line a period, and,
 * once a partition's have failed for {@link #PERIODS_MAX} periods, a part of the health report. That part waits and is
 * never blocked: training goes on, and a server taken out of service for it would stop what still works. The process has
 * one for each of its loops that delete, over all their sessions: what one session said is taken back by the deletions of
 * the next. One owner.
 */
public final class TrimFailures {
    private static final Logger log = LoggerFactory.getLogger(TrimFailures.class);

    /** A broker's restart is shorter, and no disk that was sized for its run fills in so little time. */
    static final int PERIODS_MAX = 10;

    private record Failing(long sinceNanos, long count, String cause) {}

    private final String part;
    private final Health health;
    private final MeterRegistry registry;
    private final Ticker ticker;
    private final long limitNanos;
    private final EverySoOften lines;
    private final Map<String, Failing> failing = new TreeMap<>();
    private boolean shown;

    /**
     * @param part of the health report, while something fails for long
     * @param period of the deletions
     */
    public TrimFailures(String part, Health health, MeterRegistry registry, Ticker ticker, Duration period) {
        this.part = part;
        this.health = health;
        this.registry = registry;
        this.ticker = ticker;
        this.limitNanos = period.multipliedBy(PERIODS_MAX).toNanos();
        this.lines = new EverySoOften(period, ticker);
    }

    /** The broker did not delete what it was asked to. */
    void failed(String topic, int partition, String cause) {
        ProcessMetric.DELETIONS_FAILED.counter(registry, topic).increment();
        String name = topic + "-" + partition;
        Failing before = failing.get(name);
        Failing now = new Failing(
                before == null ? ticker.nanos() : before.sinceNanos(), before == null ? 1 : before.count() + 1, cause);
        failing.put(name, now);
        if (lines.isDue()) {
            log.warn(
                    "the broker does not delete records of {}, so its disk fills; {} in a row, asked again later: {}",
                    name,
                    now.count(),
                    cause);
        }
        show();
    }

    /** The broker did. */
    void deleted(String topic, int partition) {
        if (failing.remove(topic + "-" + partition) != null) {
            if (failing.isEmpty() && lines.reset()) {
                log.info("the broker deletes records again");
            }
            show();
        }
    }

    /** What is asked for now; what was not deleted before and is no more asked for fails no longer. */
    void asked(Set<TopicPartition> partitions) {
        Set<String> names = partitions.stream().map(TopicPartition::toString).collect(Collectors.toSet());
        if (failing.keySet().retainAll(names)) {
            show();
        }
    }

    private void show() {
        long nowNanos = ticker.nanos();
        for (Map.Entry<String, Failing> entry : failing.entrySet()) {
            Failing one = entry.getValue();
            if (nowNanos - one.sinceNanos() >= limitNanos) {
                shown = true;
                health.waiting(
                        part,
                        "the broker to delete records of " + entry.getKey() + ", whose disk fills: " + one.cause());
                return;
            }
        }
        if (shown) {
            shown = false;
            health.running(part);
        }
    }
}
