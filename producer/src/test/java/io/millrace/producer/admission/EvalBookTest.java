package io.millrace.producer.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.common.record.Policy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

public class EvalBookTest {
    private final EvalBook book = new EvalBook();

    public static EvalRecord.Request request(String id, long version, EvalDataSet... dataSets) {
        return new EvalRecord.Request(id, new Lineage(0), new WeightVersion(version), 0, List.of(dataSets), 0, 1_000);
    }

    private static EvalRecord.Request request(String id, long version) {
        return request(id, version, new EvalDataSet("d", "d.jsonl", 1, 1, null, null, null, null, null));
    }

    private static EvalRecord.Issued issued(String id, long first, int groups) {
        return new EvalRecord.Issued(
                id, new GroupIndex(first), List.of(groups), new Lineage(0), new WeightVersion(0), 0);
    }

    private static EvalRecord.Report report(String id) {
        return new EvalRecord.Report(id, new Lineage(0), new WeightVersion(0), true, 0, 1, List.of(), Map.of());
    }

    private static Policy policy(long lineage, long version, Policy.State state) {
        return new Policy(new Lineage(lineage), new WeightVersion(version), 0, state, 0);
    }

    private Optional<String> due(Policy policy) {
        return book.due(policy).map(EvalRecord.Request::evalId);
    }

    @Test
    void theOldestBeginsWhoseWeightsAreServed() {
        book.accept(request("later", 5));
        book.accept(request("now", 3));
        assertEquals(Optional.of("now"), due(policy(0, 4, Policy.State.READY)));
        assertEquals(Optional.of("later"), due(policy(0, 5, Policy.State.READY)));
        assertEquals(Optional.empty(), due(policy(0, 5, Policy.State.UPDATING)));
    }

    @Test
    void oneOfALineageThatWasGivenUpDoesNotWaitForItsVersion() {
        book.accept(request("lost", 50));
        assertEquals(Optional.of("lost"), due(policy(1, 10, Policy.State.READY)));
    }

    @Test
    void whatIsIssuedIsOpenUntilItsReportAndIsNeverDueAgain() {
        book.accept(request("e", 0));
        book.accept(issued("e", 0, 2));
        assertEquals(Optional.empty(), due(Policy.initial()));
        assertTrue(book.isOpen(new GroupIndex(1)));
        assertFalse(book.isOpen(new GroupIndex(2)));
        assertEquals(new GroupIndex(2), book.nextIndex());
        assertEquals(List.of(), book.takeOver());
        book.accept(report("e"));
        assertEquals(List.of(new EvalBook.Range(new GroupIndex(0), new GroupIndex(2))), book.takeOver());
        assertEquals(List.of(), book.takeOver());
        assertEquals(0, book.open());
        book.accept(request("e", 0));
        assertEquals(Optional.empty(), due(Policy.initial()), "the first request of an id counts");
    }

    @Test
    void aReportMayStandBeforeTheIssueThatWasOnItsWay() {
        book.accept(request("e", 0));
        book.accept(report("e"));
        assertFalse(book.isWaiting("e"));
        book.accept(issued("e", 0, 3));
        assertFalse(book.isOpen(new GroupIndex(1)));
        assertEquals(List.of(new EvalBook.Range(new GroupIndex(0), new GroupIndex(3))), book.takeOver());
    }

    /** The broker has lost the record of the issue, and the tasks not: a worker may have results of them. */
    @Test
    void anIndexThatATaskHasIsNotGivenToAnother() {
        book.accept(request("e", 0));
        book.accept(issued("e", 0, 2));
        book.stands(new GroupIndex(1), 10);
        assertEquals(new GroupIndex(2), book.nextIndex());
        assertEquals(OptionalLong.empty(), book.neededTask(), "the record says it");
        book.stands(new GroupIndex(4), 12);
        book.stands(new GroupIndex(3), 13);
        assertEquals(new GroupIndex(5), book.nextIndex());
        assertFalse(book.isOpen(new GroupIndex(4)), "no evaluation asks for it");
        assertEquals(OptionalLong.of(12), book.neededTask());
        book.accept(issued("next", 5, 1));
        assertEquals(OptionalLong.empty(), book.neededTask());
    }

    @Test
    void groupsOfAnEvaluationWhoseRecordsAreGoneAreOver() {
        book.accept(request("e", 0));
        book.accept(issued("e", 0, 2));
        book.accept(issued("next", 5, 1));
        assertEquals(List.of(new EvalBook.Range(new GroupIndex(2), new GroupIndex(5))), book.takeOver());
        book.accept(issued("next", 5, 1));
        assertEquals(List.of(), book.takeOver(), "fed twice");
    }

    /** There may never be a next issue. */
    @Test
    void groupsWhoseTasksStandAndAreOfNoIssueAreOver() {
        book.accept(request("e", 0));
        book.accept(issued("e", 0, 2));
        book.stands(new GroupIndex(1), 10);
        book.allStand();
        assertEquals(List.of(), book.takeOver());
        book.stands(new GroupIndex(4), 12);
        book.allStand();
        assertEquals(List.of(new EvalBook.Range(new GroupIndex(2), new GroupIndex(5))), book.takeOver());
        assertEquals(OptionalLong.of(12), book.neededTask(), "the next index is known from it still");
    }

    @Test
    void whatHasFailedIsNotDue() {
        book.accept(request("e", 0));
        book.accept(new EvalRecord.Failed("e", "no such file", 1));
        assertEquals(Optional.empty(), due(Policy.initial()));
        assertEquals(0, book.open());
    }

    @Test
    void whatIsCancelledIsNotDueAndItsGroupsAreOver() {
        book.accept(request("waits", 0));
        book.accept(request("runs", 0));
        book.accept(issued("runs", 0, 2));
        for (String id : List.of("waits", "runs")) {
            book.accept(new EvalRecord.Cancelled(id, 1));
            book.accept(new EvalRecord.Cancelled(id, 2));
        }
        assertEquals(Optional.empty(), due(Policy.initial()));
        assertFalse(book.isOpen(new GroupIndex(0)));
        assertEquals(List.of(new EvalBook.Range(new GroupIndex(0), new GroupIndex(2))), book.takeOver());
        assertEquals(0, book.open());
    }

    @Test
    void producersThatBeganToReadItAreCountedUntilItIsIssued() {
        book.accept(request("e", 0));
        assertEquals(0, book.loads("e"));
        book.accept(new EvalRecord.Loading("e", 1, 0));
        book.accept(new EvalRecord.Loading("e", 2, 0));
        book.accept(new EvalRecord.Loading("e", 1, 0));
        assertEquals(2, book.loads("e"));
        book.accept(issued("e", 0, 1));
        assertEquals(0, book.loads("e"));
    }

    @Test
    void idsThatClosedLongAgoAreForgotten() {
        for (int i = 0; i <= EvalRecord.ENDED_KNOWN_MAX; i++) {
            book.accept(request("e" + i, 0));
            book.accept(new EvalRecord.Failed("e" + i, "no such file", 1));
        }
        book.accept(request("e1", 0));
        assertEquals(Optional.empty(), due(Policy.initial()), "still known");
        book.accept(request("e0", 0));
        assertEquals(Optional.of("e0"), due(Policy.initial()), "asked for anew");
    }
}
