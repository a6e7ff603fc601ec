package io.millrace.producer.status;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.record.AttemptHistory;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.ReceiptFate;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The producer's own meters. Counters count what happens while the process lives, not what it reads back at start. */
public final class ProducerMetrics {
    private final Counter published;
    private final Counter unresolved;
    private final Counter failedAttempts;
    private final Counter missing;
    private final Counter truncated;
    private final Counter reissued;
    private final Counter rebuilds;
    private final MeterRegistry registry;
    private final Map<String, Counter> badRecords = new HashMap<>();
    private final Map<AttemptHistory.Kind, Counter> attempts = new EnumMap<>(AttemptHistory.Kind.class);
    private final Timer admissionWait;
    private final Map<ReceiptFate, Counter> receipts = new EnumMap<>(ReceiptFate.class);

    /** @param status the newest, null until the run is taken over; asked at each scrape */
    public ProducerMetrics(MeterRegistry registry, Supplier<@Nullable ProducerStatus> status) {
        published = counter(registry, "published.groups", "Groups published by this process");
        unresolved = counter(
                registry, "commits.unanswered", "Calls to the broker whose outcome had to be read from the topics");
        failedAttempts = counter(registry, "failed.attempts", "Attempts that failed, rejected results counted in");
        missing = counter(
                registry,
                "missing.results",
                "Attempts issued again since the result that their receipt names is not there");
        truncated = counter(registry, "truncated.logs", "Times a topic was found to have lost its tail");
        reissued = counter(registry, "reissued.groups", "Groups put on the urgent lane again by this process");
        rebuilds = counter(registry, "rebuilds", "How often the run was taken over anew after trouble with the broker");
        this.registry = registry;
        for (AttemptHistory.Kind kind : AttemptHistory.Kind.values()) {
            attempts.put(
                    kind,
                    Counter.builder("millrace.producer.attempts.over")
                            .description("Attempts that were issued again or were the group's last, by how they ended")
                            .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
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
                "Groups at workers, by their newest statuses too",
                ProducerStatus::atWorkers);
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
                "Groups whose latest attempt ended without a result",
                s -> s.counts().failed());
        gauge(
                registry,
                status,
                "abandoning.groups",
                "Groups given up and not settled yet",
                s -> s.counts().abandoning());
        gauge(
                registry,
                status,
                "caught.up",
                "1 while the ledger reads its own heartbeat back in time, so that orphan clocks run",
                s -> s.caughtUp() ? 1 : 0);
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
        gauge(
                registry,
                status,
                "evaluations.open",
                "Evaluations asked for and neither reported nor failed",
                s -> s.evaluations().open());
        gauge(
                registry,
                status,
                "evaluations.queue.depth",
                "Groups of evaluations issued and not taken",
                s -> s.evaluations().counts().queued());
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

    public void published(long groups) {
        published.increment((double) groups);
    }

    public void commitUnanswered() {
        unresolved.increment();
    }

    public void receipt(ReceiptFate fate) {
        Counter counter = receipts.get(fate);
        if (counter != null) {
            counter.increment();
        }
        if (fate == ReceiptFate.FAILED) {
            failedAttempts.increment();
        }
    }

    /** A result is not where its receipt says. */
    public void missing(ReceiptFate fate) {
        if (fate == ReceiptFate.FAILED) {
            missing.increment();
        }
    }

    /** A topic ends before what was read or written of it. */
    public void truncated() {
        truncated.increment();
    }

    public void rejection(ReceiptFate fate) {
        if (fate == ReceiptFate.FAILED) {
            failedAttempts.increment();
        }
    }

    public void badRecord(String topic) {
        badRecords
                .computeIfAbsent(
                        topic,
                        name -> Counter.builder("millrace.producer.records.bad")
                                .description("Records that are not ours, skipped, by topic")
                                .tag("topic", name)
                                .register(registry))
                .increment();
    }

    /** What was decided of a group stands on the topics. */
    public void decided(Decision decision) {
        Counter counter = attempts.get(decision.kind());
        if (counter != null) {
            counter.increment();
        }
        if (decision instanceof Decision.Reissue) {
            reissued.increment();
        }
    }

    public void rebuilt() {
        rebuilds.increment();
    }

    /** Attempts over since the process began, by how they ended. */
    public Map<AttemptHistory.Kind, Long> attemptsOver() {
        Map<AttemptHistory.Kind, Long> counts = new EnumMap<>(AttemptHistory.Kind.class);
        attempts.forEach((kind, counter) -> counts.put(kind, (long) counter.count()));
        return counts;
    }

    /** Groups issued again since the process began. */
    public long reissued() {
        return (long) reissued.count();
    }

    void admissionWaited(Duration wait) {
        admissionWait.record(wait);
    }
}
