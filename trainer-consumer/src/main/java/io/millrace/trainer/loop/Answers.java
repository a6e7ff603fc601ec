package io.millrace.trainer.loop;

import io.millrace.common.id.StepNumber;
import io.millrace.common.time.WallClock;
import io.millrace.trainer.ask.AckAnswer;
import io.millrace.trainer.ask.Current;
import io.millrace.trainer.ask.Request;
import io.millrace.trainer.ask.ResumeAnswer;
import io.millrace.trainer.ask.RolloutQueueException;
import io.millrace.trainer.session.Session;
import io.millrace.trainer.session.TrainerMetrics;
import io.millrace.trainer.steps.AckDecision;
import io.millrace.trainer.steps.ResumeDecision;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers trainers that have trained a step, or go back to a checkpoint. Owned by the loop. */
record Answers(TrainerMetrics metrics, WallClock clock) {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    AckAnswer acknowledge(Session session, Request.Acknowledge request) {
        return switch (session.ledger()
                .acknowledge(request.lease(), request.version(), request.checkpoint(), clock.millis())) {
            case AckDecision.Acknowledged done -> {
                session.write(done);
                metrics.count(TrainerMetrics.Count.TRAINED, done.groups().size());
                log.info(
                        "step {} acknowledged, weight version {}",
                        done.step(),
                        session.ledger().policy().weightVersion());
                yield acknowledged(session, done.step());
            }
            case AckDecision.AlreadyAcknowledged already -> acknowledged(session, already.step());
            case AckDecision.Refused refused -> {
                log.warn("an acknowledgement of lease {} is refused: {}", request.lease(), refused.why());
                throw refused(session, refused.why());
            }
        };
    }

    /** What a trainer asked for does not fit how the run stands. */
    static RolloutQueueException refused(Session session, String why) {
        return new RolloutQueueException(why, Current.of(session.ledger()));
    }

    private static AckAnswer acknowledged(Session session, StepNumber step) {
        return new AckAnswer(
                step,
                session.ledger().lineage(),
                session.ledger().policy().word(),
                session.ledger().totals().trained(),
                session.ledger().nextStep());
    }

    ResumeAnswer resume(Session session, Request.Resume request) throws Exception {
        return switch (session.ledger().mayResume(request.step(), request.mode(), request.lineage())) {
            case ResumeDecision.AlreadyResumed already -> resumed(session);
            case ResumeDecision.Refused refused -> throw refused(session, refused.why());
            case ResumeDecision.MayResume may -> {
                String refusal = session.resume(may.calling(request.word()), request.mode(), clock.millis());
                if (!refusal.isEmpty()) {
                    throw refused(session, refusal);
                }
                yield resumed(session);
            }
        };
    }

    private static ResumeAnswer resumed(Session session) {
        return new ResumeAnswer(
                session.ledger().lineage(),
                session.ledger().nextStep(),
                session.ledger().recordedBefore(),
                session.ledger().policy().word());
    }
}
