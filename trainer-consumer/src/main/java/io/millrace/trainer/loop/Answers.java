package io.millrace.trainer.loop;

import io.millrace.common.id.StepNumber;
import io.millrace.common.time.WallClock;
import io.millrace.trainer.ask.AckAnswer;
import io.millrace.trainer.ask.Current;
import io.millrace.trainer.ask.Request;
import io.millrace.trainer.ask.ResumeAnswer;
import io.millrace.trainer.session.Session;
import io.millrace.trainer.session.TrainerMetrics;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.ResumeDecision;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers trainers that have trained a step, or go back to a checkpoint. Owned by the loop. */
final class Answers {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private final TrainerMetrics metrics;
    private final WallClock clock;

    Answers(TrainerMetrics metrics, WallClock clock) {
        this.metrics = metrics;
        this.clock = clock;
    }

    AckAnswer acknowledge(Session session, Request.Acknowledge request) {
        return switch (session.ledger()
                .acknowledge(request.lease(), request.version(), request.checkpoint(), clock.millis())) {
            case AckDecision.Acknowledged done -> {
                session.write(done);
                metrics.trained(done.groups().size());
                log.info(
                        "step {} acknowledged, weight version {}",
                        done.step(),
                        session.ledger().policy().weightVersion());
                yield acknowledged(session, done.step());
            }
            case AckDecision.AlreadyAcknowledged already -> acknowledged(session, already.step());
            case AckDecision.NotTheOpenLease other -> {
                log.warn("an acknowledgement of lease {} is refused: {}", other.asked(), other.why());
                yield refused(session, other.why());
            }
            case AckDecision.VersionNotNewer old ->
                refused(
                        session,
                        "weight_version " + old.asked() + " is not newer than the current " + old.current()
                                + "; announce a larger one, or none. A trainer that counts anew says so by ready with its"
                                + " version, POST /v1/policy");
            case AckDecision.VersionTooHigh high -> refused(session, high.why());
            case AckDecision.CheckpointAhead ahead ->
                refused(
                        session,
                        "checkpoint_step " + ahead.asked()
                                + " is the step at which the checkpoint resumes; after step "
                                + request.lease().step() + " it is at most " + ahead.newestPossible());
            case AckDecision.Conflict conflict -> refused(session, conflict.why());
        };
    }

    private static AckAnswer refused(Session session, String why) {
        return new AckAnswer.Refused(why, Current.of(session.ledger()));
    }

    private static AckAnswer.Acknowledged acknowledged(Session session, StepNumber step) {
        return new AckAnswer.Acknowledged(
                step,
                session.ledger().lineage(),
                session.ledger().policy().word(),
                session.ledger().totals().trained(),
                session.ledger().nextStep());
    }

    ResumeAnswer resume(Session session, Request.Resume request) throws Exception {
        return switch (session.ledger().mayResume(request.step(), request.mode(), request.lineage())) {
            case ResumeDecision.AlreadyResumed already -> resumed(session);
            case ResumeDecision.Refused refused ->
                new ResumeAnswer.Refused(refused.why(), Current.of(session.ledger()));
            case ResumeDecision.MayResume may -> {
                String refusal = session.resume(may.calling(request.word()), request.mode(), clock.millis());
                yield refusal.isEmpty()
                        ? resumed(session)
                        : new ResumeAnswer.Refused(refusal, Current.of(session.ledger()));
            }
        };
    }

    private static ResumeAnswer.Resumed resumed(Session session) {
        return new ResumeAnswer.Resumed(
                session.ledger().lineage(),
                session.ledger().nextStep(),
                session.ledger().recordedBefore(),
                session.ledger().policy().word());
    }
}
