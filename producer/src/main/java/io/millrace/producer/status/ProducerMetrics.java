package io.millrace.producer.status;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.metrics.catalogue.ProducerMetric;
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
        PUBLISHED(ProducerMetric.PUBLISHED_GROUPS),
        UNANSWERED(ProducerMetric.COMMITS_UNANSWERED),
        DEAD_LETTER(ProducerMetric.DEAD_LETTERS),
        FAILED_ATTEMPT(ProducerMetric.FAILED_ATTEMPTS),
        MISSING(ProducerMetric.MISSING_RESULTS),
        /** A topic ends before what was read or written of it. */
        TRUNCATED(ProducerMetric.TRUNCATED_LOGS),
        REISSUED(ProducerMetric.REISSUED_GROUPS),
        REBUILT(ProducerMetric.REBUILDS),
        EVALUATION_GROUPS(ProducerMetric.EVALUATIONS_ISSUED_GROUPS),
        EVALUATION_FAILED(ProducerMetric.EVALUATIONS_FAILED);

        private final ProducerMetric metric;

        Count(ProducerMetric metric) {
            this.metric = metric;
        }
    }

    private final MeterRegistry registry;
    private final Supplier<@Nullable ProducerStatus> status;
    private final Map<Count, Counter> counts = new EnumMap<>(Count.class);
    private final Timer admissionWait;

    /** @param status the newest, null until the run is taken over; asked at each scrape */
    public ProducerMetrics(MeterRegistry registry, Supplier<@Nullable ProducerStatus> status) {
        this.registry = registry;
        this.status = status;
        for (Count count : Count.values()) {
            counts.put(count, count.metric.counter(registry));
        }
        for (AttemptHistory.Kind end : AttemptHistory.Kind.values()) {
            var _ = over(GroupKind.TRAINING, end);
        }
        for (ReceiptFate fate : ReceiptFate.values()) {
            var _ = receipts(fate);
        }
        admissionWait = ProducerMetric.ADMISSION_WAIT.timer(registry);
        gauge(ProducerMetric.QUEUE_DEPTH, ProducerStatus::queued);
        gauge(ProducerMetric.IN_FLIGHT_GROUPS, ProducerStatus::atWorkers);
        gauge(ProducerMetric.WORKERS, ProducerStatus::workers);
        gauge(ProducerMetric.FINISHED_GROUPS, ProducerStatus::finished);
        gauge(ProducerMetric.FAILED_GROUPS, ProducerStatus::failed);
        gauge(ProducerMetric.ABANDONING_GROUPS, ProducerStatus::abandoning);
        gauge(ProducerMetric.CAUGHT_UP, s -> s.caughtUp() ? 1 : 0);
        gauge(ProducerMetric.NEXT_INDEX, ProducerStatus::nextIndex);
        gauge(ProducerMetric.ADMISSION_LIMIT, ProducerStatus::admissionLimit);
        gauge(ProducerMetric.TRAINED_GROUPS, ProducerStatus::trained);
        gauge(ProducerMetric.DISCARDED_GROUPS, ProducerStatus::discarded);
        gauge(ProducerMetric.ABANDONED_GROUPS, ProducerStatus::abandoned);
        gauge(ProducerMetric.REWARD_MEAN, ProducerMetrics::rewardMean);
        gauge(ProducerMetric.EVALUATIONS_OPEN, s -> s.evaluations().open());
        gauge(ProducerMetric.EVALUATIONS_QUEUE_DEPTH, s -> s.evaluations().groupsQueued());
    }

    private static double rewardMean(ProducerStatus status) {
        Double mean = status.rewardMean();
        return mean == null ? Double.NaN : mean;
    }

    private void gauge(ProducerMetric metric, ToDoubleFunction<ProducerStatus> value) {
        metric.gauge(registry, () -> {
            ProducerStatus newest = status.get();
            return newest == null ? Double.NaN : value.applyAsDouble(newest);
        });
    }

    private Counter over(GroupKind kind, AttemptHistory.Kind end) {
        ProducerMetric metric =
                kind == GroupKind.TRAINING ? ProducerMetric.ATTEMPTS_OVER : ProducerMetric.EVALUATIONS_ATTEMPTS_OVER;
        return metric.counter(registry, word(end));
    }

    private Counter receipts(ReceiptFate fate) {
        return ProducerMetric.RECEIPTS.counter(registry, word(fate));
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
        ProducerMetric.RECORDS_BAD.counter(registry, topic).increment();
    }

    /** What was decided of a group stands on the topics. */
    public void decided(GroupKind kind, Decision decision) {
        over(kind, decision.kind()).increment();
        if (decision instanceof Decision.Abandon) {
            count(Count.DEAD_LETTER, 1);
        }
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
