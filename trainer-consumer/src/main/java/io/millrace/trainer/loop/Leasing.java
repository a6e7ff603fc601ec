package io.millrace.trainer.loop;

import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.trainer.ask.LeaseAnswer;
import io.millrace.trainer.ask.Request;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.collect.FinishedGroup;
import io.millrace.trainer.gate.BatchChoice;
import io.millrace.trainer.session.Session;
import io.millrace.trainer.session.TrainerMetrics;
import io.millrace.trainer.session.TrainerMetrics.Level;
import io.millrace.trainer.steps.LeaseDecision;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers trainers that ask for a step. Owned by the loop. */
final class Leasing {
    private static final Logger log = LoggerFactory.getLogger(Leasing.class);

    /** How long the end waits for a trainer to ask for a step, to be told why there is none. */
    private static final Duration UNTOLD_LIMIT = Duration.ofSeconds(10);
    /** Once it was told, for the answer to go out. */
    private static final Duration TOLD_LIMIT = Duration.ofSeconds(1);

    private final Standing standing;
    private final TrainerMetrics metrics;
    private final WallClock clock;
    private final Ticker ticker;
    /** Of lease ids: one that was replaced must not guess its successor's. */
    private final Random ids = new SecureRandom();
    /** When the next step was first asked for; null before. */
    private @Nullable Long askedNanos;
    /** When the consumer ends since it is no use to go on; null while it is. */
    private @Nullable Long endNanos;

    Leasing(Standing standing, TrainerMetrics metrics, WallClock clock, Ticker ticker) {
        this.standing = standing;
        this.metrics = metrics;
        this.clock = clock;
        this.ticker = ticker;
    }

    /** Somebody waits for a step. */
    void asked() {
        if (askedNanos == null) {
            askedNanos = ticker.nanos();
        }
    }

    /** To the meters, once a turn. */
    void report() {
        long waitedNanos = askedNanos == null ? 0 : ticker.nanos() - askedNanos;
        metrics.show(Level.WAITING_SECONDS, Duration.ofNanos(waitedNanos).toSeconds());
    }

    /**
     * @return null while the caller goes on waiting
     * @throws RolloutQueueException when there is no step for it
     */
    @Nullable
    LeaseAnswer lease(Session session, Request.Lease request) {
        Lineage lineage = request.lineage();
        if (!lineage.equals(session.ledger().lineage())) {
            throw Answers.refused(
                    session,
                    "the run is in lineage " + session.ledger().lineage() + ", not in " + lineage
                            + "; a trainer that was replaced ends, one that resumed names the new lineage");
        }
        StepNumber step = request.step() == null ? session.ledger().nextStep() : request.step();
        return switch (session.ledger().mayLease(step)) {
            case LeaseDecision.SameLease same -> new LeaseAnswer.Leased(same.lease(), same.warnings());
            case LeaseDecision.WrongStep wrong -> throw Answers.refused(session, wrong.why());
            case LeaseDecision.UnfillableAtThisVersion unfillable -> throw Answers.refused(session, unfillable.why());
            case LeaseDecision.MayReplay replay -> again(session, step);
            case LeaseDecision.MayLease may -> {
                Optional<String> verdict = session.verdict();
                if (verdict.isPresent()) {
                    endBy(ticker.nanos() + TOLD_LIMIT.toNanos());
                    throw Answers.refused(session, verdict.get());
                }
                Optional<String> refusal = session.noRoomFor(step);
                if (refusal.isPresent()) {
                    throw Answers.refused(session, refusal.get());
                }
                if (session.isCaughtUp() && session.choose() instanceof BatchChoice.Ready ready) {
                    yield new LeaseAnswer.Leased(open(session, may, ready.groups()), may.warnings());
                }
                standing.wanted(step);
                yield request.deadlineNanos() - ticker.nanos() <= 0 ? standing.notYet(step, session) : null;
            }
        };
    }

    /**
     * Ends the consumer when it is no use to go on, but not before the trainer has had time to be told.
     *
     * @throws NoUseException when it is time
     */
    void endWhenNoUse(Session session) {
        Optional<String> verdict = session.verdict();
        if (verdict.isEmpty()) {
            return;
        }
        long atNanos = endBy(ticker.nanos() + UNTOLD_LIMIT.toNanos());
        if (ticker.nanos() - atNanos >= 0) {
            throw new NoUseException(verdict.get());
        }
    }

    /** The earliest end asked for stands. */
    private long endBy(long nanos) {
        long end = endNanos == null || nanos - endNanos < 0 ? nanos : endNanos;
        endNanos = end;
        return end;
    }

    private LeaseAnswer again(Session session, StepNumber step) {
        StepRecord.Lease lease = session.ledger().leaseRecorded(LeaseId.draw(ids), clock.millis());
        session.write(lease);
        leased(lease, List.of("step " + step + " is a recorded one, trained before in an older lineage"));
        return new LeaseAnswer.Leased(lease, List.of());
    }

    private StepRecord.Lease open(Session session, LeaseDecision.MayLease may, List<FinishedGroup> groups) {
        WeightVersion maskBelow = session.maskBelow();
        StepRecord.Lease lease = session.ledger()
                .lease(
                        may.step(),
                        groups.stream().map(FinishedGroup::manifestEntry).toList(),
                        maskBelow,
                        FinishedGroup.figures(session.ledger().policy().weightVersion(), maskBelow, groups),
                        LeaseId.draw(ids),
                        clock.millis());
        session.write(lease);
        session.handedOver(lease, groups);
        standing.leased(may.step(), groups);
        leased(lease, may.warnings());
        return lease;
    }

    private void leased(StepRecord.Lease lease, List<String> warnings) {
        long askedAtNanos = askedNanos == null ? ticker.nanos() : askedNanos;
        metrics.leased(lease.groups().size(), Duration.ofNanos(ticker.nanos() - askedAtNanos), warnings.size());
        askedNanos = null;
        for (String warning : warnings) {
            log.warn("{}", warning);
        }
        log.info(
                "step {} leased: groups {} to {}",
                lease.step(),
                lease.groups().getFirst().groupIndex(),
                lease.groups().getLast().groupIndex());
    }
}
