package io.millrace.common.metrics.catalogue;

import static io.millrace.common.metrics.catalogue.Declared.counts;
import static io.millrace.common.metrics.catalogue.Declared.countsBytes;
import static io.millrace.common.metrics.catalogue.Declared.shows;
import static io.millrace.common.metrics.catalogue.Declared.showsBytes;
import static io.millrace.common.metrics.catalogue.Declared.showsSeconds;
import static io.millrace.common.metrics.catalogue.Declared.spreads;
import static io.millrace.common.metrics.catalogue.Declared.times;

import java.util.List;

/** What a trainer consumer serves. Counters count what happens while the process lives. */
public enum TrainerMetric implements OwnMetric {
    TRAINED_GROUPS(counts("trainer.trained.groups", "Groups trained")),
    ABANDONED_GROUPS(counts(
            "trainer.abandoned.groups", "Groups settled because their attempts were used up; each is a dead letter")),
    DISCARDED_GROUPS(counts(
            "trainer.discarded.groups",
            "Groups settled without being trained, by reason: a filter, stale, or another lineage",
            "reason")),
    REJECTED(counts("trainer.rejected", "Results that could not be used, by what is wrong with them", "reason")),
    BAD_RECORDS(
            counts("trainer.bad.records", "Records of results that name no group, skipped to dead-letters", "reason")),
    DUPLICATES(counts("trainer.duplicates", "Results dropped because their group had one before")),
    LATE_RESULTS(counts(
            "trainer.late.results",
            "Results past the bound on staleness that were taken back, since a newer attempt is out")),
    GROUPS_READ_AGAIN(
            counts(
                    "trainer.groups.read.again",
                    "Groups in parts that were read again, since more was under way than parts-memory-max holds: raise it when this rises")),
    MISSING_RESULTS(counts(
            "trainer.missing.results",
            "Results that are not where a receipt says; above 0 a broker lost what it had acknowledged")),
    UNFOLLOWED_RECEIPTS(
            counts(
                    "trainer.unfollowed.receipts",
                    "Receipts that are not followed, since more than 200,000 unsettled groups have one; above 0 somebody writes receipts of groups that are none of the run")),
    VOID_LEASES(
            counts(
                    "trainer.void.leases",
                    "Leases given up since groups of them could not be read back; above 0 a broker lost what it had acknowledged")),
    TRUNCATED_LOGS(
            counts(
                    "trainer.truncated.logs",
                    "Times a topic was found to have lost its tail, once for each loss, however often the topics are read again")),
    SESSIONS_LOST(counts("trainer.sessions.lost", "Times the topics had to be read again after a client failed")),
    SNAPSHOTS_TOO_LARGE(
            counts("trainer.snapshots.too.large", "Snapshots that were not written since no record takes them")),
    FOREIGN_RECORDS(counts(
            "trainer.foreign.records", "Records of steps and policy that are not ours, met when they were read")),
    LEASE_WARNINGS(counts("trainer.lease.warnings", "Leases beyond steps-per-version")),
    MASKED_TOKENS(counts("trainer.masked.tokens", "Tokens handed over with loss_mask 0 because of their age")),
    FINISHED_GROUPS(shows("trainer.finished.groups", "Finished groups that wait to be leased")),
    LEASED_GROUPS(shows("trainer.leased.groups", "Groups of the open step")),
    PAYLOAD(showsBytes("trainer.payload", "Finished groups in memory")),
    WEIGHT_VERSION(shows("trainer.weight.version", "The run's weight version")),
    LOW_WATER_MARK(shows("trainer.low.water.mark", "Every group index below it is settled")),
    CONSECUTIVE_FILTERED_GROUPS(
            shows("trainer.consecutive.filtered.groups", "Groups dropped by filters since one was kept")),
    CONSECUTIVE_ABANDONED_GROUPS(shows("trainer.consecutive.abandoned.groups", "Groups given up since one finished")),
    REWARDS_FLAT(shows(
            "trainer.rewards.flat", "1 while no reward of the first 200 groups, and none since, is above the least")),
    WAITING(showsSeconds(
            "trainer.waiting",
            "How long the trainer has waited for its next step since it asked; 0 while it does not")),
    RECEIVED(countsBytes("trainer.received", "Results read from the broker")),
    LEASE_WAIT(
            times("trainer.lease.wait", "How long the trainer waited: from its first request for a step to the lease")),
    BATCH_READ(times("trainer.batch.read", "Reading and decoding the groups of a step")),
    STEP_GROUPS(spreads("trainer.step.groups", "Groups of a leased step", Buckets.GROUPS)),
    STALENESS(spreads(
            "trainer.staleness", "Weight versions between a group's oldest token and its hand-over", Buckets.VERSIONS)),
    STALENESS_IN_FLIGHT(spreads(
            "trainer.staleness.in.flight", "Of those, between its oldest and its newest token", Buckets.VERSIONS)),
    STALENESS_IN_QUEUE(spreads("trainer.staleness.in.queue", "Of those, after its newest token", Buckets.VERSIONS)),
    DOWNLOADS(shows("trainer.downloads", "Batches being made and sent to readers")),
    DOWNLOADS_STANDING_STILL(shows("trainer.downloads.standing.still", "Of those, whose reader takes nothing")),
    DOWNLOADS_ENDED(counts(
            "trainer.downloads.ended",
            "Downloads of batches that were not finished: stalled (its limit), displaced (room for another), left (the reader went)",
            "reason")),
    EVALUATIONS(counts("trainer.evaluations", "Evaluations by how they ended", "end")),
    EVALUATION_REWARD(shows(
            "trainer.evaluation.reward",
            "Mean reward of the newest evaluation, of the 256 data sets reported last",
            "data.set")),
    EVALUATION_PASS_AT_1(shows(
            "trainer.evaluation.pass.at.1",
            "Share of samples that pass in the newest evaluation, of the 256 data sets reported last",
            "data.set")),
    EVALUATION_RESULTS_MISSING(
            counts("trainer.evaluation.results.missing", "Results of evaluations that are not where a receipt says")),
    EVALUATION_RESULTS_LATE(
            counts("trainer.evaluation.results.late", "Results of evaluations whose group or evaluation had ended")),
    EVALUATION_RECEIPTS_UNFOLLOWED(counts(
            "trainer.evaluation.receipts.unfollowed",
            "Receipts of evaluations that are not followed, since too many groups have one")),
    EVALUATION_RECORDS_BAD(
            counts("trainer.evaluation.records.bad", "Records on topics of evaluations that are not ours, skipped"));

    /** Whole numbers of versions, each bound between two of them. */
    private static final class Buckets {
        private static final List<Double> VERSIONS = List.of(0.5, 1.5, 2.5, 4.5, 8.5, 16.5);
        private static final List<Double> GROUPS = List.of(1.0, 8.0, 64.0, 512.0, 4096.0);
    }

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable values
    private final MetricSpec spec;

    TrainerMetric(MetricSpec spec) {
        this.spec = spec;
    }

    @Override
    public MetricSpec spec() {
        return spec;
    }
}
