package io.millrace.trainer.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.metrics.catalogue.TrainerMetric;
import io.millrace.common.record.StepRecord;
import io.millrace.trainer.collect.ResultEvent.Flaw;
import io.millrace.trainer.collect.ResultEvent.Problem;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.decide.StepChooser;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The trainer consumer's meters. Thread-safe. */
public final class TrainerMetrics {
    /** What is counted since the process began. */
    public enum Count {
        TRAINED(TrainerMetric.TRAINED_GROUPS),
        ABANDONED(TrainerMetric.ABANDONED_GROUPS),
        DUPLICATE(TrainerMetric.DUPLICATES),
        RECEIVED_BYTES(TrainerMetric.RECEIVED),
        LATE(TrainerMetric.LATE_RESULTS),
        READ_AGAIN(TrainerMetric.GROUPS_READ_AGAIN),
        MISSING(TrainerMetric.MISSING_RESULTS),
        UNFOLLOWED(TrainerMetric.UNFOLLOWED_RECEIPTS),
        LEASE_VOID(TrainerMetric.VOID_LEASES),
        TRUNCATED(TrainerMetric.TRUNCATED_LOGS),
        SESSION_LOST(TrainerMetric.SESSIONS_LOST),
        SNAPSHOT_TOO_LARGE(TrainerMetric.SNAPSHOTS_TOO_LARGE),
        FOREIGN(TrainerMetric.FOREIGN_RECORDS),
        LEASE_WARNING(TrainerMetric.LEASE_WARNINGS),
        MASKED(TrainerMetric.MASKED_TOKENS);

        private final TrainerMetric metric;

        Count(TrainerMetric metric) {
            this.metric = metric;
        }
    }

    /** What is shown as it stands. */
    public enum Level {
        WAITING_SECONDS(TrainerMetric.WAITING),
        FINISHED(TrainerMetric.FINISHED_GROUPS),
        LEASED(TrainerMetric.LEASED_GROUPS),
        PAYLOAD_BYTES(TrainerMetric.PAYLOAD),
        WEIGHT_VERSION(TrainerMetric.WEIGHT_VERSION),
        LOW_WATER_MARK(TrainerMetric.LOW_WATER_MARK),
        FILTERED_IN_A_ROW(TrainerMetric.CONSECUTIVE_FILTERED_GROUPS),
        REWARDS_FLAT(TrainerMetric.REWARDS_FLAT),
        ABANDONED_IN_A_ROW(TrainerMetric.CONSECUTIVE_ABANDONED_GROUPS);

        private final TrainerMetric metric;

        Level(TrainerMetric metric) {
            this.metric = metric;
        }
    }

    private final MeterRegistry registry;
    private final Map<Count, Counter> counts = new EnumMap<>(Count.class);
    private final Map<Level, AtomicLong> levels = new EnumMap<>(Level.class);
    /** The newest lease whose masked tokens were counted. */
    private final AtomicReference<StepRecord.@Nullable Lease> maskedIn = new AtomicReference<>();

    private final Timer leaseWait;
    private final Timer batchRead;
    private final DistributionSummary groupsPerStep;
    private final DistributionSummary staleness;
    private final DistributionSummary stalenessInFlight;
    private final DistributionSummary stalenessInQueue;

    public TrainerMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Count count : Count.values()) {
            counts.put(count, count.metric.counter(registry));
        }
        for (Level level : Level.values()) {
            AtomicLong value = new AtomicLong();
            levels.put(level, value);
            level.metric.gauge(registry, value::get);
        }
        leaseWait = TrainerMetric.LEASE_WAIT.timer(registry);
        batchRead = TrainerMetric.BATCH_READ.timer(registry);
        groupsPerStep = TrainerMetric.STEP_GROUPS.summary(registry);
        staleness = TrainerMetric.STALENESS.summary(registry);
        stalenessInFlight = TrainerMetric.STALENESS_IN_FLIGHT.summary(registry);
        stalenessInQueue = TrainerMetric.STALENESS_IN_QUEUE.summary(registry);
        discardReasons(List.of(Intake.LINEAGE, StepChooser.STALE));
        for (Problem problem : Problem.values()) {
            badRecord(problem);
        }
        for (Flaw flaw : Flaw.values()) {
            rejectedBy(flaw);
        }
    }

    private Counter badRecord(Problem problem) {
        return TrainerMetric.BAD_RECORDS.counter(registry, word(problem));
    }

    private Counter discardedFor(String reason) {
        return TrainerMetric.DISCARDED_GROUPS.counter(registry, reason);
    }

    private Counter rejectedBy(Flaw flaw) {
        return TrainerMetric.REJECTED.counter(registry, word(flaw));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** It has happened once more. */
    public void count(Count what) {
        count(what, 1);
    }

    /** So many more. */
    public void count(Count what, long more) {
        Objects.requireNonNull(counts.get(what)).increment((double) more);
    }

    /** How it stands now. */
    public void show(Level what, long now) {
        Objects.requireNonNull(levels.get(what)).set(now);
    }

    void skipped(Problem problem) {
        badRecord(problem).increment();
    }

    void rejected(Flaw flaw) {
        rejectedBy(flaw).increment();
    }

    void discarded(String reason) {
        discardedFor(reason).increment();
    }

    /** Reasons that there may be, so that they are there before the first. */
    public void discardReasons(List<String> reasons) {
        reasons.forEach(this::discardedFor);
    }

    /** Groups discarded since the process started. */
    public Map<String, Long> discardedByReason() {
        Map<String, Long> byReason = new TreeMap<>();
        registry.find(TrainerMetric.DISCARDED_GROUPS.spec().name())
                .counters()
                .forEach(one -> byReason.put(String.valueOf(one.getId().getTag("reason")), Math.round(one.count())));
        return byReason;
    }

    public void leased(int groups, Duration wait, int warnings) {
        groupsPerStep.record(groups);
        leaseWait.record(wait);
        count(Count.LEASE_WARNING, warnings);
    }

    /** A group is handed over at this version. */
    void staleness(WeightVersion version, WeightVersion oldest, WeightVersion newest) {
        staleness.record((double) (version.value() - oldest.value()));
        stalenessInFlight.record((double) (newest.value() - oldest.value()));
        stalenessInQueue.record((double) (version.value() - newest.value()));
    }

    /** A step was read; read again it counts no more. */
    public void masked(StepRecord.Lease lease, long tokens) {
        if (!lease.equals(maskedIn.getAndSet(lease))) {
            count(Count.MASKED, tokens);
        }
    }

    public void batchRead(Duration duration) {
        batchRead.record(duration);
    }
}
