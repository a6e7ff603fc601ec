package io.millrace.sandbox.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.millrace.common.json.Json;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.sandbox.engine.ledger.LedgerLine;
import io.millrace.sandbox.engine.ledger.Outcome;
import io.millrace.sandbox.oracle.account.Evaluations;
import io.millrace.sandbox.oracle.account.Finding;
import io.millrace.sandbox.oracle.account.SeenRecord;
import io.millrace.sandbox.oracle.account.Steps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        run.issue(2, 3).trained(1, new long[] {2, 3}, run.result(2, 1, 7), run.result(3, 1, 8));
        run.issue(4, 5, 6).reissue(6, 2).reissue(6, 3).marker(6).abandon(6).reissue(4, 2);
        run.result(4, 1, 1);
        run.result(5, 1, 7);
        run.result(5, 2, 7);
        run.version(3).trained(2, 7).discard(4, "stale").discard(5, "stale");
        Verdict verdict = run.judge(folder);
        assertEquals(List.of(), verdict.findings());
        assertEquals(9, verdict.admitted());
        assertEquals(6, verdict.trained());
        assertEquals(2, verdict.discardedTotal());
        assertEquals(1, verdict.abandoned());
        assertEquals(0, verdict.forgotten());
        assertEquals(1, verdict.resultsRepeated());
        assertEquals(3, verdict.reissued());
        assertEquals(3, verdict.steps());
    }

    @Test
    void aStepReceivedAgainUnchangedIsCountedAndGood() throws Exception {
        run.torn().received(0, new long[] {0, 1}, TOKENS);
        Verdict verdict = run.judge(folder);
        assertTrue(verdict.clean(), verdict.toString());
        assertEquals(1, verdict.receivedAgain());
    }

    @Test
    void aJournalLineOfAnUnknownTypeIsNamed() throws Exception {
        run.journal("pondering", 1);
        assertFinding(Finding.Kind.UNREAD, "the trainer's journal, line 4: Cannot deserialize");
    }

    @Test
    void aGroupWithoutResultAndEndIsLost() throws Exception {
        run.issue(2);
        assertFinding(Finding.Kind.LOST, "group 2 was issued and has no result");
    }

    @Test
    void oneResultThatTheRunEndedWithoutIsForgotten() throws Exception {
        run.issue(2);
        run.result(2, 1, 1);
        assertFinding(Finding.Kind.FORGOTTEN, "1 groups have results and no end: [2]");
        assertEquals(1, run.judge(folder).forgotten());
    }

    @Test
    void aBatchWithATokenPastTheBoundIsStale() throws Exception {
        run.tokensOf(1, 3).issue(2, 3);
        long[] offsets = {run.result(2, 1, 7), run.version(4).result(3, 1, 8)};
        run.trained(1, new long[] {2, 3}, offsets);
        assertFinding(Finding.Kind.STALE, "group 2 of step 1 has a token of version 1, handed over at 4");
        assertEquals(1, run.judge(folder).stale());
    }

    @Test
    void aBatchWithATokenOfWeightsThatAreNotThereYetIsOfTheFuture() throws Exception {
        run.tokensOf(0, 1).trained(1, 2);
        assertFinding(Finding.Kind.FUTURE, "group 2 of step 1 has a token of version 1, handed over at 0");
        assertEquals(2, run.judge(folder).future());
    }

    @Test
    void tokensOfAnAbandonedLineageAreOfTheFutureEvenIfTheirNumberIsReachedAgain() throws Exception {
        run.issue(2, 3).tokensOf(1);
        long[] offsets = {run.result(2, 1, 7), run.result(3, 1, 8)};
        run.resume(1, 1, 0, 1).journal("resuming", 1).version(1).journal("announcing", 0);
        run.trained(1, new long[] {2, 3}, offsets);
        assertFinding(Finding.Kind.FUTURE, "before lineage 1 came to them");
        assertEquals(2, run.judge(folder).future());
    }

    @Test
    void aLineageMayRepeatWhatIsRecordedAndGoesOnWithNewGroups() throws Exception {
        run.version(1).trained(1, 2).resume(1, 0, 0, 2).journal("resuming", 0);
        run.trained(0, new long[] {0, 1}, 2, 3).version(1).journal("announcing", 0);
        run.trained(1, new long[] {2, 3}, 8, 9).trained(2, 4);
        Verdict verdict = run.judge(folder);
        assertEquals(List.of(), verdict.findings());
        assertEquals(6, verdict.trained());
        assertEquals(
                List.of(new Verdict.LineageFigures(0, 0, 2, 0, 4), new Verdict.LineageFigures(1, 0, 3, 2, 2)),
                verdict.lineages());
    }

    @Test
    void aReplayOfOtherGroupsIsNamed() throws Exception {
        run.trained(1, 2).resume(1, 0, 0, 2).journal("resuming", 0).trained(0, new long[] {2, 3}, 8, 9);
        assertFinding(Finding.Kind.BATCH_CHANGED, "step 0 of lineage 1 is replayed with other groups");
    }

    @Test
    void groupsSpentByAnAbandonedLineageAreNotTrainedAgain() throws Exception {
        run.trained(1, 2).resume(1, 1, 0, 1).journal("resuming", 1).trained(1, new long[] {2, 3}, 8, 9);
        assertFinding(Finding.Kind.TRAINED_TWICE, "group 2 is in step 1 and in step 1 of lineage 1");
    }

    @Test
    void aLineageThatTheTrainerDidNotOpenIsNamed() throws Exception {
        run.resume(1, 1, 0, 1);
        assertFinding(Finding.Kind.CONTRADICTION, "lineage 1 was opened, and the trainer did not do it");
    }

    @Test
    void aDiscardWhoseReasonDoesNotFollowIsNamed() throws Exception {
        run.rules = new Rules(2, 1, FakeRun.MAX_STALENESS, 3, Set.of("aborted"), false);
        run.issue(2, 3, 4, 5);
        for (long group = 2; group <= 5; group++) {
            run.result(group, 1, 7);
        }
        run.discard(2, "stale")
                .discard(3, "lineage")
                .discard(4, "filtered:zero-std")
                .discard(5, "filtered:aborted");
        for (String reason : List.of("stale", "lineage", "filtered:zero-std", "filtered:aborted")) {
            assertFinding(Finding.Kind.DISCARD_UNFOUNDED, "is discarded as " + reason);
        }
    }

    @Test
    void aGroupThatAFilterDropsMustNotBeTrained() throws Exception {
        run.rules = new Rules(2, 1, FakeRun.MAX_STALENESS, 3, Set.of("zero-std"), false);
        assertFinding(Finding.Kind.DISCARD_UNFOUNDED, "group 0 of step 0 is trained, and its rewards do not differ");
    }

    @Test
    void filteredGroupsAndThoseOfAnAbandonedLineageHaveTheirEnd() throws Exception {
        run.issue(2).tokensOf(3).result(2, 1, 7);
        run.resume(1, 1, 0, 1).journal("resuming", 1).discard(2, "lineage");
        assertEquals(List.of(), run.judge(folder).findings());
        run.rules = new Rules(2, 1, FakeRun.MAX_STALENESS, 3, Set.of("zero-std"), false);
        FakeRun filtered = new FakeRun().issue(0);
        filtered.rules = run.rules;
        filtered.result(0, 1, 7);
        assertEquals(
                List.of(),
                filtered.discard(0, "filtered:zero-std").judge(folder).findings());
    }

    @Test
    void whereTheVersionsAreOnlyCountedAnewAGroupIsDiscardedWhenThatBeginsAndNotLater() throws Exception {
        run.issue(2, 3).tokensOf(3).result(2, 1, 7);
        run.result(3, 1, 7);
        run.recount(1, 1, 1).discard(2, "lineage");
        run.version(2).trained(1, 4).discard(3, "lineage");
        List<Finding> findings = run.judge(folder).findings();
        assertEquals(1, findings.size(), findings.toString());
        assertFinding(Finding.Kind.DISCARD_UNFOUNDED, "group 3 is discarded as lineage");
    }

    @Test
    void aGroupThatIsGivenUpBeforeItWasTriedOftenEnoughIsNamed() throws Exception {
        run.issue(2, 3).reissue(2, 2).reissue(3, 2).reissue(3, 4);
        run.marker(2).abandon(2).marker(3).abandon(3);
        List<Finding> findings = run.judge(folder).findings();
        assertEquals(1, findings.size(), findings.toString());
        assertFinding(Finding.Kind.CONTRADICTION, "group 2 is abandoned after 2 attempts, before 3 were made");
    }

    private static final String REQUEST = "\"requested_at_ms\":10,\"time_limit_ms\":100";

    private static String report(boolean complete, long atMs, int done, int failed, int missing) {
        return "\"complete\":" + complete + ",\"reported_at_ms\":" + atMs + ",\"data_sets\":[{\"groups\":2,\"done\":"
                + done + ",\"failed\":" + failed + ",\"missing\":" + missing + ",\"causes\":[]}]";
    }

    @Test
    void anEvaluationEndsOnceAndItsReportAddsUp() throws Exception {
        run.evaluation("request", REQUEST);
        assertFinding(Finding.Kind.EVALUATION, "evaluation e has 0 ends, not 1");
        run.evaluation("issued", "\"first\":4,\"groups\":[2]").evaluationResult(4);
        run.evaluation("report", report(true, 20, 2, 0, 0));
        assertFinding(Finding.Kind.EVALUATION, "evaluation e reports 2 groups done, results have come of 1");
        run.evaluationResult(5);
        Verdict verdict = run.judge(folder);
        assertEquals(List.of(), verdict.findings());
        assertEquals(new Verdict.EvaluationFigures(1, 1, 0), verdict.evaluations());
        run.evaluation("report", report(true, 20, 2, 0, 0));
        assertFinding(Finding.Kind.EVALUATION, "evaluation e has 2 ends, not 1");
    }

    /** Who cancels may not have read the report yet, and who reports not the cancellation; the first one counts. */
    @Test
    void aCancellationMayCrossAReport() throws Exception {
        run.evaluation("request", REQUEST).evaluation("cancelled", "").evaluation("cancelled", "");
        run.evaluation("report", report(false, 150, 0, 0, 2));
        Verdict verdict = run.judge(folder);
        assertEquals(List.of(), verdict.findings());
        assertEquals(new Verdict.EvaluationFigures(1, 0, 0), verdict.evaluations());
        run.evaluation("failed", "\"cause\":\"no data\"");
        assertFinding(Finding.Kind.EVALUATION, "evaluation e has 2 ends, not 1");
    }

    @Test
    void aReportBeforeACancellationIsJudged() throws Exception {
        run.evaluation("request", REQUEST).evaluation("report", report(false, 50, 0, 0, 2));
        run.evaluation("cancelled", "");
        assertFinding(Finding.Kind.EVALUATION, "evaluation e was given up after 40 ms, before its time was up");
        assertEquals(new Verdict.EvaluationFigures(1, 0, 1), run.judge(folder).evaluations());
    }

    @Test
    void anEvaluationGivenUpBeforeItsTimeOrWithoutACauseIsNamed() throws Exception {
        run.evaluation("request", REQUEST).evaluation("issued", "\"first\":4,\"groups\":[2]");
        run.evaluation("report", report(false, 50, 0, 1, 1));
        assertFinding(Finding.Kind.EVALUATION, "evaluation e was given up after 40 ms, before its time was up");
        assertFinding(Finding.Kind.EVALUATION, "evaluation e has 1 groups that failed without a cause");
    }

    private static String missing(long group, long attempt, long... offsets) {
        return "\"group_index\":" + group + ",\"attempt\":" + attempt
                + ",\"partition\":0,\"reason\":\"not_there\",\"offsets\":" + Arrays.toString(offsets);
    }

    @Test
    void aResultOfAnEvaluationThatIsSaidToBeMissingAndStandsIsNamed() throws Exception {
        run.evaluation("request", REQUEST).evaluation("issued", "\"first\":4,\"groups\":[2]");
        long lost = run.evaluationResult(4, 1);
        run.topics.vanished("eval-results", 0, lost);
        run.rules = new Rules(2, 1, FakeRun.MAX_STALENESS, 3, Set.of(), true);
        run.evaluation("missing", missing(4, 1, lost));
        long stands = run.evaluationResult(4, 2);
        run.evaluationResult(5, 1);
        run.evaluation("missing", missing(5, 1, stands)).evaluation("missing", missing(4, 2, stands, stands + 100));
        run.evaluation("report", report(true, 20, 2, 0, 0));
        assertEquals(List.of(), run.judge(folder).findings(), "no end, and none of these stands there");
        run.evaluation("missing", missing(4, 2, stands));
        assertFinding(
                Finding.Kind.EVALUATION,
                "evaluation e says that group 4, attempt 2 is missing, and it stands at eval-results-0@[" + stands
                        + "]");
    }

    @Test
    void aGroupInPartsIsReadWhole() throws Exception {
        run.issue(2, 3);
        long first = run.resultInParts(2, 7);
        long[] offsets = {first, run.result(3, 1, 8)};
        run.trained(1, new long[] {2, 3}, offsets);
        // The lease names one part of two.
        assertFinding(Finding.Kind.CONTENTS_DIFFER, "group 2 of step 1");
        assertEquals(1, run.judge(folder).resultsInParts());
    }

    @Test
    void whatTheBrokerLostCountsNoMoreAndIsAFindingUnlessItWasDone() throws Exception {
        run.issue(2);
        run.topics.vanished("results", 0, run.result(2, 1, 7));
        run.version(3).trained(1, 3).discard(2, "stale");
        assertFinding(Finding.Kind.LOST, "the end of a log was lost 1 times");
        run.rules = new Rules(2, 1, FakeRun.MAX_STALENESS, 3, Set.of(), true);
        Verdict verdict = run.judge(folder);
        assertEquals(List.of(), verdict.findings());
        assertEquals(1, verdict.resultsVanished());
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
    void aStepThatWasLeasedAnewMayHaveOtherGroupsAndIsAcknowledgedByItsLease() throws Exception {
        run.issue(2, 3, 4);
        long[] offsets = {run.result(2, 1, 7), run.result(3, 1, 7), run.result(4, 1, 8)};
        run.lease(1, new long[] {2, 3}, offsets).received(1, new long[] {2, 3}, new int[] {7, 7});
        run.leaseId("b").trained(1, new long[] {2, 4}, offsets[0], offsets[2]);
        run.trained(2, new long[] {3, 5}, offsets[1], run.issue(5).result(5, 1, 8));
        assertEquals(List.of(), run.judge(folder).findings());
        assertEquals(6, run.judge(folder).trained());
    }

    @Test
    void otherGroupsThanLeasedAreNamed() throws Exception {
        run.issue(2, 3);
        long[] groups = {2, 3};
        run.lease(1, groups, new long[] {run.result(2, 1, 7), run.result(3, 1, 8)});
        run.received(1, new long[] {1, 3}, TOKENS);
        assertFinding(
                Finding.Kind.BATCH_CHANGED,
                "step 1 was leased at version 0 with groups [2, 3] and received at version 0 with");
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
        run.discard(0, "stale")
                .issue(2)
                .discard(2, "stale")
                .discard(2, "stale")
                .issue(3)
                .abandon(3);
        assertFinding(Finding.Kind.CONTRADICTION, "group 0 is discarded and trained");
        assertFinding(Finding.Kind.CONTRADICTION, "group 2 is discarded more than once");
        assertFinding(Finding.Kind.CONTRADICTION, "group 3 is abandoned without the producer's marker");
    }

    @Test
    void aMarkerThatWasTakenBeforeTheBrokerLostItCounts() throws Exception {
        run.issue(2).marker(2).abandon(2);
        run.topics.vanished("results", 0, 0);
        assertTrue(run.judge(folder).findings().stream()
                .noneMatch(finding -> finding.details().contains("marker")));
    }

    @Test
    void aResultThatIsSaidToBeMissingAndStandsIsNamed() throws Exception {
        run.issue(2);
        long stands = run.result(2, 1, 7);
        run.missing(2, 1, stands + 1, "beyond_end")
                .missing(2, 2, stands, "not_there")
                .missing(2, 1, stands, "unreadable");
        assertTrue(run.judge(folder).findings().stream()
                .noneMatch(finding -> finding.details().contains("said to be missing")));
        run.missing(2, 1, stands, "not_there");
        assertFinding(Finding.Kind.CONTRADICTION, "group 2, attempt 1 is said to be missing and stands at results-0@");
    }

    /** Every type that can be written is one that the oracle reads. */
    @Test
    void everyStepAndEvaluationRecordIsKnown() {
        for (JsonSubTypes.Type type :
                StepRecord.class.getAnnotation(JsonSubTypes.class).value()) {
            assertTrue(Steps.TYPES.contains(type.name()), type.name());
        }
        for (JsonSubTypes.Type type :
                EvalRecord.class.getAnnotation(JsonSubTypes.class).value()) {
            assertTrue(Evaluations.TYPES.contains(type.name()), type.name());
        }
    }

    @Test
    void whatCannotBeReadIsNamedWithItsPosition() throws Exception {
        run.garbage(Map.of(SeenRecord.HOSTILE, "1"));
        assertTrue(run.judge(folder).clean());
        run.garbage(Map.of("millrace-type", "group"));
        assertFinding(Finding.Kind.UNREAD, "results-0@");
    }

    private static String ledgerLine(String rid, Outcome outcome) {
        return Json.MAPPER.writeValueAsString(new LedgerLine(rid, "", 1, 2.0, 3.0, 1, 1, List.of(), outcome));
    }

    @Test
    void aSampleGeneratedAgainIsCountedFromTheEnginesOwnLedger() throws Exception {
        Files.write(
                folder.resolve("engine"),
                List.of(
                        ledgerLine("r.g0.a1.s0.t1", Outcome.STOP),
                        ledgerLine("r.g0.a1.s1.t1", Outcome.LENGTH),
                        ledgerLine("r.g0.a2.s1.t1", Outcome.STOP),
                        ledgerLine("r.g0.a2.s0.t2", Outcome.ABORT),
                        "{\"rid\":\"r.g0.a"));
        Verdict verdict = run.judge(folder);
        assertEquals(3, verdict.generations());
        assertEquals(1, verdict.generationsRepeated());
        assertEquals(1, verdict.generationsCutShort());
    }
}
