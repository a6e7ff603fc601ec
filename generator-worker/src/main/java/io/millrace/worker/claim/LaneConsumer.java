package io.millrace.worker.claim;

import io.millrace.common.time.Ticker;
import io.millrace.worker.publish.StatusWatch;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.Metric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The share consumer of a lane, which may be built anew. One owner, but for {@link #wakeup}. */
public final class LaneConsumer {
    private static final Logger log = LoggerFactory.getLogger(LaneConsumer.class);

    /** What Kafka's share consumer counts as answered: fetches, empty ones too, and heartbeats. */
    public static final Set<String> ANSWER_METRICS = Set.of("fetch-total", "heartbeat-total");

    /**
     * A consumer and what goes with it.
     *
     * @param release called when it is closed
     */
    public record Client(ShareConsumer<byte[], byte[]> consumer, Runnable release) {}

    private final Supplier<Client> maker;
    private final StatusWatch statuses;
    private final Ticker ticker;
    private volatile Client present;

    /**
     * @param maker makes one that has joined its group
     * @param statuses whether there is a broker to wait for; locks of one that is away end by themselves
     */
    public LaneConsumer(Supplier<Client> maker, StatusWatch statuses, Ticker ticker) {
        this.maker = maker;
        this.statuses = statuses;
        this.ticker = ticker;
        this.present = maker.get();
    }

    ShareConsumer<byte[], byte[]> consumer() {
        return present.consumer();
    }

    /** Fetches and heartbeats that the broker has answered. */
    long answers() {
        return answers(present.consumer()).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** The same of a consumer, by metric. */
    public static Map<String, Long> answers(ShareConsumer<?, ?> consumer) {
        Map<String, Long> answers = new HashMap<>();
        for (Metric metric : consumer.metrics().values()) {
            String name = metric.metricName().name();
            if (ANSWER_METRICS.contains(name) && metric.metricValue() instanceof Number number) {
                answers.merge(name, number.longValue(), Long::sum);
            }
        }
        return answers;
    }

    void rebuild() {
        close();
        present = maker.get();
    }

    /** Ends a poll under way; any thread. */
    void wakeup() {
        present.consumer().wakeup();
    }

    /** Sends acknowledgements still under way and gives unclaimed records back. */
    void close() {
        Client old = present;
        Duration limit = statuses.patience(StatusWatch.CLOSE_LIMIT);
        long begunNanos = ticker.nanos();
        try {
            old.consumer().close(limit);
        } catch (org.apache.kafka.common.errors.InterruptException e) {
            throw e;
        } catch (org.apache.kafka.common.KafkaException e) {
            log.debug("a share consumer did not close in order", e);
        } finally {
            if (ticker.nanos() - begunNanos >= limit.toNanos()) {
                // The client does not say that it was not answered.
                statuses.waitedInVain();
            }
            old.release().run();
        }
    }
}
