package io.millrace.trainer.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.common.id.WeightVersion;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The trainer consumer's meters. Thread-safe. */
public final class TrainerMetrics {
    /** What is counted since the process began. */
    public enum Count {
        TRAINED("trained.groups", "Groups trained"),
        ABANDONED("abandoned.groups", "Groups settled because their attempts were used up"),
        DUPLICATE("duplicates", "Results dropped because their group had one before"),
        LATE("late.results", "Results past the bound that were taken back, since a newer attempt is out"),
        READ_AGAIN(
                "groups.read.again", "Groups in parts that were read again, since too many were under way to be held"),
        MISSING("missing.results", "Results that are not where a receipt says"),
        UNFOLLOWED("unfollowed.receipts", "Receipts that are not followed, since too many groups have one"),
        LEASE_VOID("void.leases", "Leases given up since groups of them could not be read back"),
        TRUNCATED("truncated.logs", "Times a topic was found to have lost its tail"),
        SESSION_LOST("sessions.lost", "Times the topics had to be read again after a client failed"),
        SNAPSHOT_TOO_LARGE("snapshots.too.large", "Snapshots that were not written since no record takes them"),
        FOREIGN("foreign.records", "Records of steps and policy that are not ours, met when they were read"),
        LEASE_WARNING("lease.warnings", "Leases beyond steps-per-version"),
        MASKED("masked.tokens", "Tokens handed over with loss_mask 0 because of their age");

        private final String meter;
        private final String description;

        Count(String meter, String description) {
            this.meter = meter;
            this.description = description;
        }
    }

    /** What is shown as it stands. */
    public enum Level {
        FINISHED("finished.groups", "Finished groups that wait to be leased"),
        LEASED("leased.groups", "Groups of the open step"),
        PAYLOAD_BYTES("payload.bytes", "Finished groups in memory"),
        WEIGHT_VERSION("weight.version", "The trainer's weight version"),
        LOW_WATER_MARK("low.water.mark", "Every group index below it is settled"),
        FILTERED_IN_A_ROW("consecutive.filtered.groups", "Groups dropped by filters since one was kept"),
        REWARDS_FLAT("rewards.flat", "1 while no reward of the first groups is above the least"),
        ABANDONED_IN_A_ROW("consecutive.abandoned.groups", "Groups given up since one finished");

        private final String meter;
        private final String description;

        Level(String meter, String description) {
            this.meter = meter;
            this.description = description;
        }
    }

    private static final String PREFIX = "millrace.trainer.";
    private static final String DISCARDED = PREFIX + "discarded.groups";
    private static final double[] STALENESS_BUCKETS = {0.5, 1.5, 2.5, 3.5, 4.5, 6.5, 8.5, 12.5, 16.5};

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
            counts.put(
                    count,
                    Counter.builder(PREFIX + count.meter)
                            .description(count.description)
                            .register(registry));
        }
        for (Level level : Level.values()) {
            AtomicLong value = new AtomicLong();
            levels.put(level, value);
            Gauge.builder(PREFIX + level.meter, (Supplier<Number>) value::get)
                    .description(level.description)
                    .register(registry);
        }
        leaseWait = timer("lease.wait", "From the first request for a step to its lease");
        batchRead = timer("batch.read", "Reading and decoding the groups of a step");
        groupsPerStep = DistributionSummary.builder(PREFIX + "step.groups")
                .description("Groups of a leased step")
                .register(registry);
        staleness = staleness("staleness", "Weight versions between a group's oldest token and its hand-over");
        stalenessInFlight = staleness("staleness.in.flight", "Of those, between its oldest and its newest token");
        stalenessInQueue = staleness("staleness.in.queue", "Of those, after its newest token");
        discardReasons(List.of(Intake.LINEAGE, StepChooser.STALE));
        for (Problem problem : Problem.values()) {
            badRecord(problem);
        }
        for (Flaw flaw : Flaw.values()) {
            rejectedBy(flaw);
        }
    }

    private Timer timer(String name, String description) {
        return Timer.builder(PREFIX + name).description(description).register(registry);
    }

    private DistributionSummary staleness(String name, String description) {
        return DistributionSummary.builder(PREFIX + name)
                .description(description)
                .serviceLevelObjectives(STALENESS_BUCKETS)
                .register(registry);
    }

    /** The counter of a reason, made where it is asked for first. */
    private Counter reason(String name, String description, String reason) {
        return Counter.builder(name)
                .description(description)
                .tag("reason", reason)
                .register(registry);
    }

    private Counter badRecord(Problem problem) {
        return reason(PREFIX + "bad.records", "Records of results that name no group", word(problem));
    }

    private Counter discardedFor(String reason) {
        return reason(DISCARDED, "Groups settled without being trained", reason);
    }

    private Counter rejectedBy(Flaw flaw) {
        return reason(PREFIX + "rejected", "Results that could not be used", word(flaw));
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
        registry.find(DISCARDED)
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
