package io.millrace.trainer.loop;

import io.millrace.common.id.RunId;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.WallClock;
import io.millrace.trainer.ask.LeaseAnswer;
import io.millrace.trainer.ask.TrainerStatus;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.session.Session;
import io.millrace.trainer.session.TrainerMetrics;
import io.millrace.trainer.session.TrainerMetrics.Level;
import io.millrace.trainer.steps.LeaseDecision;
import io.millrace.trainer.steps.StepLedger;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the trainer consumer waits for since when, and how it stands. Owned by the loop. */
final class Standing {
    private final int batchGroups;
    private final TrainerMetrics metrics;
    private final WallClock clock;
    private Waiting waiting = Waiting.RESULTS_READ_AGAIN;
    private long waitingSinceMs;
    private TrainerStatus.@Nullable StepRewards lastStepRewards;
    /** The step that a trainer waited for last; null before. */
    private @Nullable StepNumber wanted;

    Standing(int batchGroups, TrainerMetrics metrics, WallClock clock) {
        this.batchGroups = batchGroups;
        this.metrics = metrics;
        this.clock = clock;
        this.waitingSinceMs = clock.millis();
    }

    void leased(StepNumber step, List<FinishedGroup> groups) {
        lastStepRewards = TrainerStatus.StepRewards.of(
                step, groups.stream().map(FinishedGroup::rewards).toList());
    }

    /** Somebody waits for this step, which may be ahead of the one that is acknowledged next. */
    void wanted(StepNumber step) {
        wanted = step;
    }

    /** The step that is waited for. Who waited for one ahead may be gone, and it may be too far ahead by now. */
    private StepNumber step(StepLedger ledger) {
        StepNumber step = wanted;
        if (step == null || step.compareTo(ledger.nextStep()) <= 0 || !step.equals(ledger.dueStep())) {
            return ledger.nextStep();
        }
        return ledger.mayLease(step) instanceof LeaseDecision.WrongStep ? ledger.nextStep() : step;
    }

    LeaseAnswer.NotYet notYet(StepNumber step, Session session) {
        observe(session);
        return new LeaseAnswer.NotYet(step, finished(session), batchGroups, text(session), waitingSinceMs);
    }

    /** @param policyWarning what is wrong with an update or a pause; null when nothing is */
    TrainerStatus status(RunId run, Session session, @Nullable String policyWarning) {
        observe(session);
        StepLedger ledger = session.ledger();
        Policy policy = ledger.policy();
        StepRecord.Lease open = ledger.openLease();
        return new TrainerStatus(
                run,
                policy.lineage(),
                policy.word(),
                policy.words().offset(),
                policy.state(),
                policy.sinceMs(),
                policyWarning,
                ledger.nextStep(),
                open == null ? null : open.step(),
                ledger.isReplaying() ? ledger.recordedBefore() : null,
                ledger.checkpoint(),
                session.keptSteps(),
                batchGroups,
                finished(session),
                leased(ledger),
                ledger.totals().trained(),
                ledger.totals().discarded(),
                metrics.discardedByReason(),
                session.filters().consecutive(),
                ledger.totals().abandoned(),
                session.abandoned().consecutive(),
                session.abandoned().last().orElse(null),
                session.rewardWarning().orElse(null),
                ledger.rejected(),
                session.collector().duplicates(),
                ledger.skipped(),
                ledger.totals().lowWaterMark(),
                session.collector().payloadBytes(),
                session.partBytes(),
                ledger.stepsInVersion(),
                text(session),
                waitingSinceMs,
                lastStepRewards,
                session.staleness(),
                new TrainerStatus.ResponseLength(
                        session.lengths().trainedMean(), session.lengths().generatedMean()));
    }

    /** Finished groups that are not leased; those of a lease come in again one by one after a restart. */
    private static int finished(Session session) {
        return session.collector().finished().size()
                - (int) leasedAndFinished(session).count();
    }

    private static Stream<FinishedGroup> leasedAndFinished(Session session) {
        return session.ledger().openLeases().all().stream()
                .flatMap(lease -> lease.groups().stream())
                .map(entry -> session.collector().finished(entry.groupIndex()))
                .filter(Objects::nonNull);
    }

    private static int leased(StepLedger ledger) {
        return ledger.openLeases().all().stream()
                .mapToInt(lease -> lease.groups().size())
                .sum();
    }

    /** Those of them without tokens of a version that is yet to be announced. */
    private static long announced(Session session) {
        WeightVersion version = session.ledger().policy().weightVersion();
        long leasedAhead = leasedAndFinished(session)
                .filter(group -> group.newestVersion().compareTo(version) > 0)
                .count();
        return finished(session) - (session.collector().finishedAhead(version) - leasedAhead);
    }

    private void observe(Session session) {
        Waiting now = now(session);
        if (now != waiting) {
            waiting = now;
            waitingSinceMs = clock.millis();
        }
    }

    private Waiting now(Session session) {
        StepLedger ledger = session.ledger();
        return switch (ledger.mayLease(step(ledger))) {
            case LeaseDecision.SameLease same -> Waiting.TRAINER_TO_ACKNOWLEDGE;
            case LeaseDecision.UnfillableAtThisVersion unfillable -> Waiting.NEW_VERSION;
            case LeaseDecision.WrongStep wrong -> throw new IllegalStateException(wrong.why());
            case LeaseDecision.MayReplay replay -> Waiting.TRAINER_TO_LEASE;
            case LeaseDecision.MayLease may -> {
                if (session.noRoomFor(may.step()).isPresent()) {
                    yield Waiting.CHECKPOINT;
                }
                if (!session.isCaughtUp()) {
                    yield Waiting.RESULTS_READ_AGAIN;
                }
                if (finished(session) < batchGroups) {
                    boolean nothing = ledger.totals().settled() == 0
                            && session.collector().finished().isEmpty();
                    yield nothing && !session.isRunKnown() ? Waiting.PRODUCER : Waiting.FINISHED_GROUPS;
                }
                if (announced(session) < batchGroups) {
                    yield Waiting.ANNOUNCEMENT;
                }
                yield other(session.lastChoice()).isEmpty() ? Waiting.TRAINER_TO_LEASE : Waiting.OTHER_GROUPS;
            }
        };
    }

    /** Which other groups a step waits for; empty when it does not. */
    private static String other(@Nullable BatchChoice choice) {
        return switch (choice) {
            case BatchChoice.Held held ->
                held.unfinished() + " groups issued at weight version " + held.version()
                        + " or before: the bound on staleness (max-staleness) leaves room for " + held.room()
                        + " of them after this step";
            case BatchChoice.Missing missing ->
                "group " + missing.next() + ", the next one by index (batch-order strict)";
            case null, default -> "";
        };
    }

    private String text(Session session) {
        StepNumber next = step(session.ledger());
        return switch (waiting) {
            case RESULTS_READ_AGAIN ->
                "the results written before the start to be read again, " + session.recordsBehind() + " records left";
            case PRODUCER -> "the run's producer to start: it has not said yet what the run is made of";
            case FINISHED_GROUPS -> {
                int missing = batchGroups - finished(session);
                yield missing
                        + (missing == 1 ? " more group to finish" : " more groups to finish")
                        + abandoned(session);
            }
            case OTHER_GROUPS -> other(session.lastChoice()) + abandoned(session);
            case ANNOUNCEMENT ->
                "the version after " + session.ledger().policy().word()
                        + " to be announced, of which finished groups have tokens";
            case NEW_VERSION ->
                "a new weight version: no further step can be filled with version "
                        + session.ledger().policy().word();
            case CHECKPOINT -> session.noRoomFor(next).orElse("a newer checkpoint to be named");
            case TRAINER_TO_LEASE -> "the trainer to lease step " + next;
            case TRAINER_TO_ACKNOWLEDGE -> "the trainer to acknowledge step " + next;
        };
    }

    /** What became of others, which may be why it waits. */
    private static String abandoned(Session session) {
        return session.abandoned().last().map(last -> "; " + last).orElse("");
    }

    /** To health and meters, once a turn. */
    void report(Session session, Health health) {
        observe(session);
        StepLedger ledger = session.ledger();
        // Without counts: health counts the time from the first report of the same text.
        health.waiting(
                TrainerLoop.NAME,
                switch (waiting) {
                    case RESULTS_READ_AGAIN -> "the results written before the start to be read again";
                    case FINISHED_GROUPS -> "groups to finish for step " + step(ledger);
                    case OTHER_GROUPS -> "older groups to finish for step " + step(ledger);
                    case PRODUCER, ANNOUNCEMENT, NEW_VERSION, CHECKPOINT, TRAINER_TO_LEASE, TRAINER_TO_ACKNOWLEDGE ->
                        text(session);
                });
        metrics.show(Level.FINISHED, finished(session));
        metrics.show(Level.LEASED, leased(ledger));
        metrics.show(Level.PAYLOAD_BYTES, session.collector().payloadBytes());
        metrics.show(Level.WEIGHT_VERSION, ledger.policy().weightVersion().value());
        metrics.show(Level.LOW_WATER_MARK, ledger.totals().lowWaterMark());
        metrics.show(Level.FILTERED_IN_A_ROW, session.filters().consecutive());
        metrics.show(Level.REWARDS_FLAT, session.rewardWarning().isPresent() ? 1 : 0);
        metrics.show(Level.ABANDONED_IN_A_ROW, session.abandoned().consecutive());
    }
}
