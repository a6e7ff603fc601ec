package io.millrace.trainer.decide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.DeadLetter;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.Totals;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.Collector;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.collect.TestingResults;
import io.millrace.trainer.filter.FilterChain;
import io.millrace.trainer.filter.GroupFilter;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What each event leaves: records in their order, what happened, and what ledger and collector know. */
class IntakeTest {
    private static final GroupIndex GROUP = new GroupIndex(0);
    private static final Attempt FIRST = new Attempt(1);

    private boolean drops;
    private final List<GroupIndex> forgotten = new ArrayList<>();
    private final StepLedger ledger = new StepLedger(new Capacity(1, 9, 1));
    private final Collector collector = new Collector(ledger, 0, null);
    private final AbandonedRow abandoned = new AbandonedRow(2);
    private final Intake intake = new Intake(
            index -> {
                forgotten.add(index);
                return OptionalLong.of(1);
            },
            collector,
            new Claims(ledger, 1),
            ledger,
            new FilterChain(
                    List.of(new GroupFilter() {
                        @Override
                        public String name() {
                            return "all";
                        }

                        @Override
                        public boolean drops(RolloutGroup group) {
                            return drops;
                        }
                    }),
                    9),
            abandoned);

    private static DeadLetter letter(String reason) {
        return new DeadLetter.Unreadable("r.results", 0, 4, "test", reason, 0, "");
    }

    private Decisions accept(ResultEvent event) {
        return intake.accept(event, IntakeTest::letter);
    }

    private static List<Class<?>> kinds(List<?> values) {
        return List.copyOf(values.stream().<Class<?>>map(Object::getClass).toList());
    }

    @Test
    void aGroupThatFinishesWritesNothing() {
        Decisions decisions = accept(TestingResults.result(0, 1, 4L));
        assertEquals(List.of(), decisions.records());
        assertEquals(List.of(Outcome.GroupFinished.class), kinds(decisions.outcomes()));
        assertEquals(List.of(GROUP), forgotten, "its held parts will never be of use");
        assertEquals(1, collector.neededFrom().get(0), "and are read again with it");
    }

    @Test
    void oneThatAFilterDropsIsDiscarded() {
        drops = true;
        Decisions decisions = accept(TestingResults.result(0, 1, 4L));
        assertEquals(
                List.of(new StepRecord.Discard(GROUP, FIRST, "filtered:all", new Totals(0, 1, 0, 1))),
                decisions.records());
        assertEquals(List.of(Outcome.GroupFinished.class, Outcome.GroupDiscarded.class), kinds(decisions.outcomes()));
        assertTrue(ledger.isSettled(GROUP));
        assertTrue(collector.finished().isEmpty());
    }

    /** An earlier process's filters let it pass, and its step is served again. */
    @Test
    void oneThatIsLeasedIsNotFilteredAgain() {
        drops = true;
        ledger.lease(
                new StepNumber(0),
                List.of(TestingResults.result(0, 1, 4L).group().manifestEntry()),
                null,
                new LeaseId("00000000000000aa"),
                5);
        assertEquals(
                List.of(Outcome.GroupFinished.class),
                kinds(accept(TestingResults.result(0, 1, 4L)).outcomes()));
        assertNotNull(collector.finished(GROUP));
    }

    @Test
    void aMarkerAbandonsAndCountsInTheRow() {
        Decisions decisions = accept(new ResultEvent.Marker(GROUP, new Attempt(3), "no engine", 0, 4));
        assertEquals(
                List.of(new StepRecord.Abandonment(GROUP, new Attempt(3), "no engine", new Totals(0, 0, 1, 1))),
                decisions.records());
        assertEquals(List.of(new Outcome.GroupAbandoned(GROUP, "no engine")), decisions.outcomes());
        assertEquals(List.of(GROUP), forgotten);
        assertEquals(1, abandoned.consecutive());
        accept(TestingResults.result(1, 1, 5L));
        assertEquals(0, abandoned.consecutive(), "a group has finished");
    }

    @Test
    void aResultThatCannotBeUsedIsRejectedWithALetter() {
        Decisions decisions = accept(new ResultEvent.Invalid(GROUP, FIRST, 0, 4, ResultEvent.Flaw.BLOB, "torn"));
        StepRecord.Rejection rejection = new StepRecord.Rejection(GROUP, FIRST, 0, 4, "torn");
        assertEquals(List.<ControlRecord>of(rejection, letter("torn")), decisions.records());
        assertEquals(
                List.of(new Outcome.ResultRejected(
                        new ResultEvent.Invalid(GROUP, FIRST, 0, 4, ResultEvent.Flaw.BLOB, "torn"))),
                decisions.outcomes());
        assertEquals(
                Decisions.NONE, accept(new ResultEvent.Invalid(GROUP, FIRST, 0, 4, ResultEvent.Flaw.BLOB, "torn")));
    }

    /** Nobody wrote it wrong: no letter. */
    @Test
    void tokensAheadOfTheRunAreRejectedWithoutALetter() {
        WeightVersion ahead = new WeightVersion(7);
        Decisions decisions = accept(TestingResults.result(GROUP, FIRST, new Lineage(0), ahead, ahead, 0, List.of(4L)));
        assertEquals(List.of(StepRecord.Rejection.class), kinds(decisions.records()));
        assertEquals(List.of(Outcome.ResultRejected.class), kinds(decisions.outcomes()));
        assertFalse(ledger.isSettled(GROUP));
    }

    @Test
    void aRecordThatNamesNoGroupIsSkippedOnceWithALetter() {
        ResultEvent noise = new ResultEvent.Unreadable(0, 4, ResultEvent.Problem.KEY, "noise");
        Decisions decisions = accept(noise);
        assertEquals(List.<ControlRecord>of(new StepRecord.Skip(0, 4, "noise"), letter("noise")), decisions.records());
        assertEquals(List.of(Outcome.RecordSkipped.class), kinds(decisions.outcomes()));
        assertEquals(Decisions.NONE, accept(noise));
    }

    @Test
    void aSecondResultIsADuplicate() {
        accept(TestingResults.result(0, 1, 4L));
        Decisions decisions = accept(TestingResults.result(0, 2, 5L));
        assertEquals(new Decisions(List.of(), List.of(new Outcome.ResultRepeated(GROUP))), decisions);
    }

    @Test
    void whatAReceiptNamesAndIsNotThereIsNoted() {
        StepRecord.Missing missing =
                new StepRecord.Missing(GROUP, FIRST, 0, List.of(4L), StepRecord.Missing.Why.NOT_THERE);
        assertEquals(
                new Decisions(List.of(missing), List.of(new Outcome.ResultMissing(missing))),
                intake.missing(List.of(missing)));
        assertTrue(ledger.isOver(GROUP, FIRST));
    }
}
