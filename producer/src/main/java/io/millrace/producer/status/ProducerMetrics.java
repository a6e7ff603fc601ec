package io.millrace.producer.status;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.producer.ledger.Decision;
import io.millrace.producer.ledger.ReceiptFate;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The producer's own meters. Counters count what happens while the process lives, not what it reads back at start. */
public final class ProducerMetrics {
    /** What is counted alone. */
    public enum Count {
        PUBLISHED("published.groups", "Groups published by this process"),
        UNANSWERED("commits.unanswered", "Calls to the broker whose outcome had to be read from the topics"),
        FAILED_ATTEMPT("failed.attempts", "Attempts that failed, rejected results counted in"),
        MISSING("missing.results", "Attempts issued again since the result that their receipt names is not there"),
        /** A topic ends before what was read or written of it. */
        TRUNCATED("truncated.logs", "Times a topic was found to have lost its tail"),
        REISSUED("reissued.groups", "Groups put on the urgent lane again by this process"),
        REBUILT("rebuilds", "How often the run was taken over anew after trouble with the broker"),
        EVALUATION_GROUPS(
                "evaluations.issued.groups", "Groups of evaluations issued for the first time by this process"),
        EVALUATION_FAILED("evaluations.failed", "Evaluations whose tasks could not be issued");

        private final String meter;
        private final String description;

        Count(String meter, String description) {
            this.meter = meter;
            this.description = description;
        }
    }

    private static final String ATTEMPTS_OVER =
            "Attempts that were issued again or were the group's last, by how they ended";

    private final MeterRegistry registry;
    private final Supplier<@Nullable ProducerStatus> status;
    private final Map<Count, Counter> counts = new EnumMap<>(Count.class);
    private final Timer admissionWait;

    /** @param status the newest, null until the run is taken over; asked at each scrape */
    public ProducerMetrics(MeterRegistry registry, Supplier<@Nullable ProducerStatus> status) {
        this.registry = registry;
        this.status = status;
        for (Count count : Count.values()) {
            counts.put(count, counter(count.meter, count.description));
        }
        for (AttemptHistory.Kind end : AttemptHistory.Kind.values()) {
            var _ = over(GroupKind.TRAINING, end);
        }
        for (ReceiptFate fate : ReceiptFate.values()) {
            var _ = receipts(fate);
        }
        admissionWait = Timer.builder("millrace.producer.admission.wait")
                .description("How long publishing waited for admission, each wait once it has ended")
                .register(registry);
        gauge("queue.depth", "Groups published and not taken", ProducerStatus::queued);
        gauge("in.flight.groups", "Groups at workers, by their newest statuses too", ProducerStatus::atWorkers);
        gauge("finished.groups", "Groups that wait for training", ProducerStatus::finished);
        gauge("failed.groups", "Groups whose latest attempt ended without a result", ProducerStatus::failed);
        gauge("abandoning.groups", "Groups given up and not settled yet", ProducerStatus::abandoning);
        gauge(
                "caught.up",
                "1 while the ledger reads its own heartbeat back in time, so that orphan clocks run",
                s -> s.caughtUp() ? 1 : 0);
        gauge("next.index", "Groups published in the run", ProducerStatus::nextIndex);
        gauge("admission.limit", "Groups admitted in the run", ProducerStatus::admissionLimit);
        gauge("trained.groups", "Groups trained in the run", ProducerStatus::trained);
        gauge("discarded.groups", "Groups discarded in the run", ProducerStatus::discarded);
        gauge("abandoned.groups", "Groups abandoned in the run", ProducerStatus::abandoned);
        gauge("reward.mean", "Mean reward of the newest groups", ProducerMetrics::rewardMean);
        gauge(
                "evaluations.open",
                "Evaluations asked for and neither reported nor failed",
                s -> s.evaluations().open());
        gauge(
                "evaluations.queue.depth",
                "Groups of evaluations issued and not taken",
                s -> s.evaluations().groupsQueued());
    }

    private static double rewardMean(ProducerStatus status) {
        Double mean = status.rewardMean();
        return mean == null ? Double.NaN : mean;
    }

    /** The counter, made where it is counted for the first time. */
    private Counter counter(String name, String description, String... tags) {
        return Counter.builder("millrace.producer." + name)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void gauge(String name, String description, ToDoubleFunction<ProducerStatus> value) {
        Gauge.builder("millrace.producer." + name, () -> {
                    ProducerStatus newest = status.get();
                    return newest == null ? Double.NaN : value.applyAsDouble(newest);
                })
                .description(description)
                .register(registry);
    }

    private Counter over(GroupKind kind, AttemptHistory.Kind end) {
        return counter(
                kind == GroupKind.TRAINING ? "attempts.over" : "evaluations.attempts.over",
                ATTEMPTS_OVER,
                "kind",
                word(end));
    }

    private Counter receipts(ReceiptFate fate) {
        return counter("receipts", "Receipts by what they came to", "fate", word(fate));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** So many more. */
    public void count(Count what, long more) {
        of(what).increment((double) more);
    }

    private Counter of(Count what) {
        return Objects.requireNonNull(counts.get(what));
    }

    /** First attempts stand on their lane. */
    public void issued(GroupKind kind, long groups) {
        count(kind == GroupKind.TRAINING ? Count.PUBLISHED : Count.EVALUATION_GROUPS, groups);
    }

    public void receipt(ReceiptFate fate) {
        receipts(fate).increment();
        rejection(fate);
    }

    /** A result is not where its receipt says. */
    public void missing(ReceiptFate fate) {
        if (fate == ReceiptFate.FAILED) {
            count(Count.MISSING, 1);
        }
    }

    public void rejection(ReceiptFate fate) {
        if (fate == ReceiptFate.FAILED) {
            count(Count.FAILED_ATTEMPT, 1);
        }
    }

    public void badRecord(String topic) {
        counter("records.bad", "Records that are not ours, skipped, by topic", "topic", topic)
                .increment();
    }

    /** What was decided of a group stands on the topics. */
    public void decided(GroupKind kind, Decision decision) {
        over(kind, decision.kind()).increment();
        if (kind == GroupKind.TRAINING && decision instanceof Decision.Reissue) {
            count(Count.REISSUED, 1);
        }
    }

    /** Attempts of training groups over since the process began, by how they ended, and {@code reissued}. */
    public Map<String, Long> attempts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (AttemptHistory.Kind end : AttemptHistory.Kind.values()) {
            counts.put(word(end), (long) over(GroupKind.TRAINING, end).count());
        }
        counts.put("reissued", (long) of(Count.REISSUED).count());
        return counts;
    }

    public void admissionWaited(Duration wait) {
        admissionWait.record(wait);
    }
}
