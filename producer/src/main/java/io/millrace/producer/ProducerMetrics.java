package io.millrace.producer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.producer.ledger.ReceiptFate;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The producer's own meters. Counters count what happens while the process lives, not what it reads back at start. */
final class ProducerMetrics {
    private final Counter published;
    private final Counter unresolved;
    private final Counter failedAttempts;
    private final Counter badRecords;
    private final Timer admissionWait;
    private final Map<ReceiptFate, Counter> receipts = new EnumMap<>(ReceiptFate.class);

    /** @param status the newest, null until the run is taken over; asked at each scrape */
    ProducerMetrics(MeterRegistry registry, Supplier<@Nullable ProducerStatus> status) {
        published = counter(registry, "published.groups", "Groups published by this process");
        unresolved = counter(registry, "commits.unanswered", "Commits whose outcome had to be read from the topic");
        failedAttempts = counter(registry, "failed.attempts", "Attempts that failed, rejected results counted in");
        badRecords = counter(registry, "bad.records", "Receipts and statuses that could not be read");
        admissionWait = Timer.builder("millrace.producer.admission.wait")
                .description("How long publishing waited for admission, each wait once it has ended")
                .register(registry);
        for (ReceiptFate fate : ReceiptFate.values()) {
            receipts.put(
                    fate,
                    Counter.builder("millrace.producer.receipts")
                            .description("Receipts by what they came to")
                            .tag("fate", fate.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        gauge(
                registry,
                status,
                "queue.depth",
                "Groups published and not taken",
                s -> s.counts().queued());
        gauge(
                registry,
                status,
                "in.flight.groups",
                "Groups at workers",
                s -> s.counts().inFlight());
        gauge(
                registry,
                status,
                "finished.groups",
                "Groups that wait for training",
                s -> s.counts().finished());
        gauge(
                registry,
                status,
                "failed.groups",
                "Groups whose latest attempt failed",
                s -> s.counts().failed());
        gauge(registry, status, "next.index", "Groups published in the run", ProducerStatus::nextIndex);
        gauge(registry, status, "admission.limit", "Groups admitted in the run", ProducerStatus::admissionLimit);
        gauge(
                registry,
                status,
                "trained.groups",
                "Groups trained in the run",
                s -> s.totals().trained());
        gauge(
                registry,
                status,
                "discarded.groups",
                "Groups discarded in the run",
                s -> s.totals().discarded());
        gauge(
                registry,
                status,
                "abandoned.groups",
                "Groups abandoned in the run",
                s -> s.totals().abandoned());
        gauge(
                registry,
                status,
                "reward.mean",
                "Mean reward of the newest groups",
                s -> s.counts().rewardMean());
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder("millrace.producer." + name)
                .description(description)
                .register(registry);
    }

    private static void gauge(
            MeterRegistry registry,
            Supplier<@Nullable ProducerStatus> status,
            String name,
            String description,
            ToDoubleFunction<ProducerStatus> value) {
        Gauge.builder("millrace.producer." + name, () -> {
                    ProducerStatus newest = status.get();
                    return newest == null ? Double.NaN : value.applyAsDouble(newest);
                })
                .description(description)
                .register(registry);
    }

    void published(long groups) {
        published.increment((double) groups);
    }

    void commitUnanswered() {
        unresolved.increment();
    }

    void receipt(ReceiptFate fate) {
        Counter counter = receipts.get(fate);
        if (counter != null) {
            counter.increment();
        }
        if (fate == ReceiptFate.FAILED) {
            failedAttempts.increment();
        }
    }

    void rejection(ReceiptFate fate) {
        if (fate == ReceiptFate.FAILED) {
            failedAttempts.increment();
        }
    }

    void badRecord() {
        badRecords.increment();
    }

    void admissionWaited(Duration wait) {
        admissionWait.record(wait);
    }
}
