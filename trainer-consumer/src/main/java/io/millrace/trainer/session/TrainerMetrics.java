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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The trainer consumer's meters. Thread-safe. */
public final class TrainerMetrics {
    private static final double[] STALENESS_BUCKETS = {0.5, 1.5, 2.5, 3.5, 4.5, 6.5, 8.5, 12.5, 16.5};

    private final MeterRegistry registry;
    private final AtomicLong finished = new AtomicLong();
    private final AtomicLong leased = new AtomicLong();
    private final AtomicLong payloadBytes = new AtomicLong();
    private final AtomicLong weightVersion = new AtomicLong();
    private final AtomicLong lowWaterMark = new AtomicLong();
    private final AtomicLong consecutiveFiltered = new AtomicLong();
    private final AtomicLong consecutiveAbandoned = new AtomicLong();
    private final Map<String, Counter> discarded = new ConcurrentSkipListMap<>();
    private final Counter trained;
    private final Counter abandoned;
    private final Counter duplicates;
    private final Counter late;
    private final Counter readAgain;
    private final Counter missing;
    private final Counter leasesVoid;
    private final Counter truncated;
    private final Counter sessionsLost;
    private final Counter snapshotsTooLarge;
    private final Counter foreign;
    private final Counter leaseWarnings;
    private final Counter maskedTokens;
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
        gauge("finished.groups", "Finished groups that wait to be leased", finished);
        gauge("leased.groups", "Groups of the open step", leased);
        gauge("payload.bytes", "Finished groups in memory", payloadBytes);
        gauge("weight.version", "The trainer's weight version", weightVersion);
        gauge("low.water.mark", "Every group index below it is settled", lowWaterMark);
        gauge("consecutive.filtered.groups", "Groups dropped by filters since one was kept", consecutiveFiltered);
        gauge("consecutive.abandoned.groups", "Groups given up since one finished", consecutiveAbandoned);
        trained = counter("trained.groups", "Groups trained");
        abandoned = counter("abandoned.groups", "Groups settled because their attempts were used up");
        duplicates = counter("duplicates", "Results dropped because their group had one before");
        late = counter("late.results", "Results past the bound that were taken back, since a newer attempt is out");
        readAgain = counter(
                "groups.read.again", "Groups in parts that were read again, since too many were under way to be held");
        missing = counter("missing.results", "Results that are not where a receipt says");
        leasesVoid = counter("void.leases", "Leases given up since groups of them could not be read back");
        truncated = counter("truncated.logs", "Times a topic was found to have lost its tail");
        sessionsLost = counter("sessions.lost", "Times the topics had to be read again after a client failed");
        snapshotsTooLarge =
                counter("snapshots.too.large", "Snapshots that were not written since no record takes them");
        foreign = counter("foreign.records", "Records of steps and policy that are not ours, met when they were read");
        discardedFor(Intake.LINEAGE);
        discardedFor(StepChooser.STALE);
        leaseWarnings = counter("lease.warnings", "Leases beyond steps-per-version");
        maskedTokens = counter("masked.tokens", "Tokens handed over with loss_mask 0 because of their age");
        leaseWait = Timer.builder("millrace.trainer.lease.wait")
                .description("From the first request for a step to its lease")
                .register(registry);
        batchRead = Timer.builder("millrace.trainer.batch.read")
                .description("Reading and decoding the groups of a step")
                .register(registry);
        groupsPerStep = DistributionSummary.builder("millrace.trainer.step.groups")
                .description("Groups of a leased step")
                .register(registry);
        staleness = staleness("staleness", "Weight versions between a group's oldest token and its hand-over");
        stalenessInFlight = staleness("staleness.in.flight", "Of those, between its oldest and its newest token");
        stalenessInQueue = staleness("staleness.in.queue", "Of those, after its newest token");
        for (Problem problem : Problem.values()) {
            badRecord(problem);
        }
        for (Flaw flaw : Flaw.values()) {
            rejectedBy(flaw);
        }
    }

    private void gauge(String name, String description, AtomicLong value) {
        Gauge.builder("millrace.trainer." + name, (Supplier<Number>) value::get)
                .description(description)
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder("millrace.trainer." + name)
                .description(description)
                .register(registry);
    }

    private DistributionSummary staleness(String name, String description) {
        return DistributionSummary.builder("millrace.trainer." + name)
                .description(description)
                .serviceLevelObjectives(STALENESS_BUCKETS)
                .register(registry);
    }

    private Counter badRecord(Problem problem) {
        return Counter.builder("millrace.trainer.bad.records")
                .description("Records of results that name no group")
                .tag("reason", problem.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }

    private Counter discardedFor(String reason) {
        return discarded.computeIfAbsent(
                reason,
                word -> Counter.builder("millrace.trainer.discarded.groups")
                        .description("Groups settled without being trained")
                        .tag("reason", word)
                        .register(registry));
    }

    private Counter rejectedBy(Flaw flaw) {
        return Counter.builder("millrace.trainer.rejected")
                .description("Results that could not be used")
                .tag("reason", flaw.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }

    void skipped(Problem problem) {
        badRecord(problem).increment();
    }

    public void trained(int groups) {
        trained.increment(groups);
    }

    void abandoned() {
        abandoned.increment();
    }

    /** Reasons that there may be, so that they are there before the first. */
    public void discardReasons(List<String> reasons) {
        reasons.forEach(this::discardedFor);
    }

    /** Groups discarded since the process started. */
    public Map<String, Long> discardedByReason() {
        Map<String, Long> counts = new TreeMap<>();
        discarded.forEach((reason, counter) -> counts.put(reason, Math.round(counter.count())));
        return counts;
    }

    void discarded(String reason) {
        discardedFor(reason).increment();
    }

    public void sessionLost() {
        sessionsLost.increment();
    }

    void snapshotTooLarge() {
        snapshotsTooLarge.increment();
    }

    void foreign(int records) {
        foreign.increment(records);
    }

    void missing() {
        missing.increment();
    }

    public void leaseVoid() {
        leasesVoid.increment();
    }

    /** A topic ends before what was read or written of it. */
    public void truncated() {
        truncated.increment();
    }

    void late() {
        late.increment();
    }

    void readAgain(long groups) {
        readAgain.increment((double) groups);
    }

    void duplicate() {
        duplicates.increment();
    }

    void rejected(Flaw flaw) {
        rejectedBy(flaw).increment();
    }

    public void leased(int groups, Duration wait, int warnings) {
        groupsPerStep.record(groups);
        leaseWait.record(wait);
        leaseWarnings.increment(warnings);
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
            maskedTokens.increment((double) tokens);
        }
    }

    public void batchRead(Duration duration) {
        batchRead.record(duration);
    }

    /** The gauges, once a turn. */
    public void state(
            int finishedGroups,
            int leasedGroups,
            long bytes,
            long version,
            long mark,
            long filteredInARow,
            long abandonedInARow) {
        finished.set(finishedGroups);
        leased.set(leasedGroups);
        payloadBytes.set(bytes);
        weightVersion.set(version);
        lowWaterMark.set(mark);
        consecutiveFiltered.set(filteredInARow);
        consecutiveAbandoned.set(abandonedInARow);
    }
}
