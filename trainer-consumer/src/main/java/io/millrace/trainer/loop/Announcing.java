package io.millrace.trainer.loop;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.trainer.ask.PolicyAnswer;
import io.millrace.trainer.policy.Announcement;
import io.millrace.trainer.policy.PolicyDecision;
import io.millrace.trainer.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes what the trainer says of its weights, and tells when an update takes too long. Owned by the loop. */
final class Announcing {
    private static final Logger log = LoggerFactory.getLogger(Announcing.class);
    /** Of its part of the health report. */
    private static final String NAME = "policy";

    private final UpdateWatch watch;
    private final WallClock clock;
    private final Ticker ticker;
    /** The one that stands, and since when this process knows: its own time is in records for people only. */
    private @Nullable Policy known;

    private long knownNanos;
    /** The last one that was warned of; null while none was. */
    private @Nullable Policy warned;

    Announcing(Duration limit, WallClock clock, Ticker ticker) {
        this.watch = new UpdateWatch(limit);
        this.clock = clock;
        this.ticker = ticker;
    }

    /** @param announcement null to ask only */
    PolicyAnswer answer(Session session, @Nullable Announcement announcement) throws Exception {
        if (announcement == null) {
            return stands(session, false);
        }
        return switch (session.ledger().announce(announcement, clock.millis())) {
            case PolicyDecision.Changed changed -> {
                session.write(changed.policy());
                log.info(
                        "policy: {}, weight version {}",
                        changed.policy().state().word(),
                        changed.policy().weightVersion());
                yield stands(session, changed.newVersion());
            }
            case PolicyDecision.Restarted restarted -> {
                session.restart(restarted.words(), clock.millis());
                yield stands(session, false);
            }
            case PolicyDecision.Unchanged unchanged -> stands(session, false);
            case PolicyDecision.Refused refused -> throw Answers.refused(session, refused.why());
        };
    }

    private PolicyAnswer stands(Session session, boolean newVersion) {
        Policy policy = session.ledger().policy();
        List<String> warnings = new ArrayList<>();
        warning(session).ifPresent(warnings::add);
        StepRecord.Lease open = session.ledger().openLease();
        if (newVersion && open != null) {
            warnings.add("step " + open.step() + " is leased and not acknowledged, so it counts as a step after weight"
                    + " version " + policy.word() + ": a step that led to a version is acknowledged before"
                    + " the version is announced, or together with it");
        }
        return new PolicyAnswer(policy, warnings);
    }

    /** What is wrong with an update or a pause; empty when nothing is. */
    Optional<String> warning(Session session) {
        Policy policy = session.ledger().policy();
        if (!policy.equals(known)) {
            known = policy;
            knownNanos = ticker.nanos();
        }
        return watch.warning(policy, Duration.ofNanos(ticker.nanos() - knownNanos));
    }

    /** To health and log, once a turn. */
    void report(Session session, Health health) {
        Policy policy = session.ledger().policy();
        Optional<String> warning = warning(session);
        if (warning.isPresent()) {
            health.waiting(NAME, warning.get());
            if (!policy.equals(warned)) {
                log.warn("{}", warning.get());
                warned = policy;
            }
        } else if (policy.state() == Policy.State.READY) {
            health.running(NAME);
        } else {
            health.waiting(
                    NAME, "the trainer to say ready; it said " + policy.state().word());
        }
    }
}
