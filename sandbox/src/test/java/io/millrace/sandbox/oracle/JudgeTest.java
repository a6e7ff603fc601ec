package io.millrace.sandbox.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every promise broken once, so that the judge is known to see it. */
class JudgeTest {
    private static final int[] TOKENS = {7, 8};

    @TempDir
    Path folder;

    private FakeRun run;

    @BeforeEach
    void oneGoodStep() throws Exception {
        run = new FakeRun().trained(0, 0);
    }

    private void assertFinding(Finding.Kind kind, String words) throws Exception {
        Verdict verdict = run.judge(folder);
        assertTrue(
                verdict.findings().stream()
                        .anyMatch(finding ->
                                finding.what() == kind && finding.details().contains(words)),
                verdict.toString());
    }

    @Test
    void aGoodRunIsClean() throws Exception {
        run.trained(1, 2).issue(4, 5, 6, 7).discard(5).marker(6).abandon(6).reissue(4, 2);
        run.result(4, 1, 1);
        run.result(4, 2, 1);
        run.result(7, 1, 1);
        run.result(7, 1, 1);
        run.discard(7);
        Verdict verdict = run.judge(folder);
        assertEquals(List.of(), verdict.findings());
        assertEquals(8, verdict.admitted());
        assertEquals(4, verdict.trained());
        assertEquals(2, verdict.discarded());
        assertEquals(1, verdict.abandoned());
        assertEquals(1, verdict.waiting());
        assertEquals(2, verdict.resultsRepeated());
        assertEquals(1, verdict.reissued());
        assertEquals(2, verdict.steps());
    }

    @Test
    void aStepReceivedAgainUnchangedIsCountedAndGood() throws Exception {
        run.torn().received(0, new long[] {0, 1}, TOKENS);
        Verdict verdict = run.judge(folder);
        assertTrue(verdict.clean(), verdict.toString());
        assertEquals(1, verdict.receivedAgain());
    }

    @Test
    void aGroupWithoutResultAndEndIsLost() throws Exception {
        run.issue(2);
        assertFinding(Finding.Kind.LOST, "group 2 was issued and has no result");
    }

    @Test
    void enoughResultsForAStepThatWasNotTrainedAreLost() throws Exception {
        run.issue(2, 3);
        run.result(2, 1, 1);
        run.result(3, 1, 1);
        assertFinding(Finding.Kind.LOST, "2 groups have results and were not trained");
        assertEquals(2, run.judge(folder).lost());
    }

    @Test
    void anAnsweredAcknowledgementThatIsNotOnTheTopicIsLost() throws Exception {
        run.journal("acknowledged", 1);
        assertFinding(Finding.Kind.LOST, "the acknowledgement of step 1");
    }

    @Test
    void aGroupOfTwoStepsIsTrainedTwice() throws Exception {
        run.issue(2);
        long[] groups = {1, 2};
        run.lease(1, groups, new long[] {3, run.result(2, 1, 8)}).received(1, groups, new int[] {8, 8});
        run.journal("acknowledging", 1).acknowledge(1);
        assertFinding(Finding.Kind.TRAINED_TWICE, "group 1 is in step 0 and in step 1");
        assertEquals(1, run.judge(folder).trainedTwice());
    }

    @Test
    void aStepReceivedTwiceAndNotTheSameIsNamed() throws Exception {
        run.received(0, new long[] {0, 1}, new int[] {7, 9});
        assertFinding(Finding.Kind.BATCH_CHANGED, "step 0 was received as different batches");
    }

    @Test
    void otherGroupsThanLeasedAreNamed() throws Exception {
        run.issue(2, 3);
        long[] groups = {2, 3};
        run.lease(1, groups, new long[] {run.result(2, 1, 7), run.result(3, 1, 8)});
        run.received(1, new long[] {1, 3}, TOKENS);
        assertFinding(Finding.Kind.BATCH_CHANGED, "step 1 was leased with groups [2, 3] and received with [1, 3]");
    }

    @Test
    void aBatchOutOfOrderOrTooSmallIsNamed() throws Exception {
        run.issue(2, 3);
        long[] groups = {3, 2};
        run.lease(1, groups, new long[] {run.result(3, 1, 7), run.result(2, 1, 8)});
        run.received(1, groups, TOKENS);
        run.received(2, new long[] {3}, new int[] {7});
        assertFinding(Finding.Kind.BATCH_NOT_WHOLE, "step 1 has group 2 after group 3");
        assertFinding(Finding.Kind.BATCH_NOT_WHOLE, "step 2 has 1 groups, not 2");
    }

    @Test
    void contentsThatAreNotThoseOfTheResultAreNamed() throws Exception {
        run.issue(2, 3);
        long[] groups = {2, 3};
        run.lease(1, groups, new long[] {run.result(2, 1, 7), run.result(3, 1, 9)});
        run.received(1, groups, TOKENS);
        assertFinding(Finding.Kind.CONTENTS_DIFFER, "group 3 of step 1");
    }

    @Test
    void aSkippedOrRepeatedStepIsNamed() throws Exception {
        run.acknowledge(0);
        assertFinding(Finding.Kind.STEP_OUT_OF_ORDER, "step 0 was acknowledged after step 0");
        run.trained(2, 2);
        assertFinding(Finding.Kind.STEP_OUT_OF_ORDER, "step 2 was acknowledged after step 0");
    }

    @Test
    void anAcknowledgementThatTheTrainerDidNotMakeIsNamed() throws Exception {
        run.issue(2, 3);
        run.lease(1, new long[] {2, 3}, new long[] {run.result(2, 1, 7), run.result(3, 1, 8)})
                .acknowledge(1);
        assertFinding(Finding.Kind.CONTRADICTION, "step 1 is acknowledged, and the trainer did not do it");
    }

    @Test
    void holesAndDoublesOfIssueAreNamed() throws Exception {
        run.issue(1, 3).reissue(3, 3).reissue(3, 2);
        assertFinding(Finding.Kind.ISSUE_OUT_OF_ORDER, "group 1 was issued 2 times as a new one");
        assertFinding(Finding.Kind.ISSUE_OUT_OF_ORDER, "group 2 was never issued");
        assertFinding(Finding.Kind.ISSUE_OUT_OF_ORDER, "group 3 was issued with attempts 1, [3, 2]");
    }

    @Test
    void twoEndsOfOneGroupAreNamed() throws Exception {
        run.discard(0).issue(2).discard(2).discard(2).issue(3).abandon(3);
        assertFinding(Finding.Kind.CONTRADICTION, "group 0 is discarded and trained");
        assertFinding(Finding.Kind.CONTRADICTION, "group 2 is discarded more than once");
        assertFinding(Finding.Kind.CONTRADICTION, "group 3 is abandoned without the producer's marker");
    }

    @Test
    void whatCannotBeReadIsNamedWithItsPosition() throws Exception {
        run.garbage();
        assertFinding(Finding.Kind.UNREAD, "results-0@");
    }

    @Test
    void aSampleGeneratedAgainIsCountedFromTheEnginesOwnLedger() throws Exception {
        Files.write(
                folder.resolve("engine"),
                List.of(
                        "{\"rid\":\"r.g0.a1.s0.t1\",\"outcome\":\"stop\"}",
                        "{\"rid\":\"r.g0.a1.s1.t1\",\"outcome\":\"length\"}",
                        "{\"rid\":\"r.g0.a2.s1.t1\",\"outcome\":\"stop\"}",
                        "{\"rid\":\"r.g0.a2.s0.t2\",\"outcome\":\"abort\"}",
                        "{\"rid\":\"r.g0.a"));
        Verdict verdict = run.judge(folder);
        assertEquals(3, verdict.generations());
        assertEquals(1, verdict.generationsRepeated());
        assertEquals(1, verdict.generationsCutShort());
    }
}
