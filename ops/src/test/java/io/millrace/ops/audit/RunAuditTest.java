package io.millrace.ops.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.RunId;
import io.millrace.common.testing.ManualClock;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The audit of a run that goes on while it is read: every seed is another interleaving of its reads with the run. */
class RunAuditTest {
    private static final int SEEDS = 300;
    private static final Duration GRACE = Duration.ofSeconds(30);
    private static final RunTopics TOPICS = new RunTopics(new RunId("r"));

    /** The broker's. */
    private final ManualClock clock = new ManualClock();

    private AuditReport audit(RunLog log) throws Exception {
        return new RunAudit(TOPICS, log, GRACE, null).run();
    }

    @Test
    void aRunThatGoesOnWhileItIsReadHasNoFinding() throws Exception {
        for (long seed = 0; seed < SEEDS; seed++) {
            MovingRun run = new MovingRun(TOPICS, clock, seed);
            run.move(50 + (int) (seed % 300));
            AuditReport report = audit(run);
            long tried = seed;
            assertEquals(List.of(), report.findings(), () -> "seed " + tried);
            assertTrue(report.clean(), () -> "seed " + tried);
            StepAccount.Settled settled = report.settled();
            AuditReport.Standing unsettled = report.unsettled();
            assertEquals(
                    report.admitted(),
                    settled.trained()
                            + settled.discarded()
                            + unsettled.queued()
                            + unsettled.inFlight()
                            + unsettled.toBeReissued()
                            + unsettled.finished(),
                    () -> "seed " + tried + ": every admitted group has one place in " + report);
            assertEquals(0, unsettled.lost(), () -> "seed " + tried);
        }
    }

    @Test
    void aResultThatIsGoneIsFoundWhileTheRunGoesOn() throws Exception {
        int found = 0;
        for (long seed = 0; seed < SEEDS / 5; seed++) {
            MovingRun run = new MovingRun(TOPICS, clock, seed);
            run.move(200);
            Optional<Long> lost = run.loseAResult();
            if (lost.isPresent()) {
                long tried = seed;
                AuditReport report = audit(run);
                assertTrue(
                        report.findings().stream()
                                .anyMatch(finding -> finding.kind() == Finding.Kind.RESULT_MISSING
                                        && lost.get().equals(finding.group())),
                        () -> "seed " + tried + " group " + lost.get() + ": " + report.findings());
                found++;
            }
        }
        assertTrue(found > 10, "a result was lost with " + found + " seeds only");
    }

    @Test
    void aLeasedResultThatIsGoneIsFoundWhileTheRunGoesOn() throws Exception {
        int found = 0;
        for (long seed = 0; seed < SEEDS / 5; seed++) {
            MovingRun run = new MovingRun(TOPICS, clock, seed);
            run.move(200);
            Optional<Long> lost = run.loseALeasedResult();
            if (lost.isPresent()) {
                long tried = seed;
                AuditReport report = audit(run);
                assertTrue(
                        report.findings().stream()
                                .anyMatch(finding -> lost.get().equals(finding.group())
                                        && finding.detail().contains("is leased with its result")),
                        () -> "seed " + tried + " group " + lost.get() + ": " + report.findings());
                found++;
            }
        }
        assertTrue(found > 10, "a leased result was lost with " + found + " seeds only");
    }

    @Test
    void aGroupWhoseResultsWereRejectedHasNotFinished() throws Exception {
        long rejected = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            MovingRun run = new MovingRun(TOPICS, clock, seed);
            run.move(200);
            run.stop();
            long tried = seed;
            AuditReport report = audit(run);
            assertEquals(run.finished(), report.unsettled().finished(), () -> "finished, seed " + tried);
            rejected += report.settled().rejections();
        }
        assertTrue(rejected > 10, "only " + rejected + " results were rejected");
    }

    @Test
    void aProducerIsAliveAsLongAsWorkersAreHeardOfNoLongerThanTheGraceAfterIt() throws Exception {
        MovingRun run = new MovingRun(TOPICS, clock, 1);
        run.stop();
        assertFalse(audit(run).producerAlive(), "nobody was heard of");
        run.heartbeat();
        clock.advance(GRACE);
        run.status();
        assertTrue(audit(run).producerAlive());
        clock.advance(Duration.ofHours(1));
        assertTrue(audit(run).producerAlive(), "nobody was heard of since");
        run.status();
        assertFalse(audit(run).producerAlive());
    }
}
