package io.millrace.producer.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.producer.admission.EvalBook;
import io.millrace.producer.admission.EvalBookTest;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvalLoadsTest {
    /** The topic's records, read back by each process. */
    private final EvalBook book = new EvalBook();

    private void ask(String id) {
        book.accept(EvalBookTest.request(id, 0, new EvalDataSet("d", "d.jsonl", 1, 1, null, null, null, null, null)));
    }

    private void load(EvalLoads process, String id) {
        assertEquals(EvalLoads.Next.FIRST, process.next(book, id));
        int load = book.loads(id) + 1;
        process.noting(id, load);
        book.accept(new EvalRecord.Loading(id, load, 0));
    }

    @Test
    void oneOverWhichThreeProducersEndedIsGivenUpAndNoOther() {
        ask("deadly");
        ask("harmless");
        for (int producer = 0; producer < EvalBook.LOADS_MAX; producer++) {
            load(new EvalLoads(), "deadly");
        }
        EvalLoads next = new EvalLoads();
        assertEquals(EvalLoads.Next.TOO_MANY, next.next(book, "deadly"));
        assertEquals(EvalLoads.Next.FIRST, next.next(book, "harmless"));
    }

    @Test
    void sessionsOfOneProcessCountOnce() {
        ask("e");
        EvalLoads process = new EvalLoads();
        load(process, "e");
        for (int session = 0; session < 10; session++) {
            assertEquals(EvalLoads.Next.BEGUN, process.next(book, "e"));
        }
        assertEquals(1, book.loads("e"));
    }

    @Test
    void theThirdGoesOnWithWhatItHasBegun() {
        ask("e");
        load(new EvalLoads(), "e");
        load(new EvalLoads(), "e");
        EvalLoads third = new EvalLoads();
        load(third, "e");
        assertEquals(EvalLoads.Next.BEGUN, third.next(book, "e"));
    }

    @Test
    void anIdThatIsUsedAgainCountsAnew() {
        ask("e");
        EvalLoads process = new EvalLoads();
        load(process, "e");
        book.accept(new EvalRecord.Failed("e", "no such file", 0));
        assertEquals(List.of(), book.takeOver());
        ask("again");
        assertEquals(EvalLoads.Next.FIRST, process.next(book, "again"));
        ask("e");
        assertEquals(0, book.loads("e"));
        assertEquals(EvalLoads.Next.FIRST, process.next(book, "e"));
    }

    @Test
    void whatMayStandOnRecordIsPutThereAgainOnlyWhereItDoesNot() {
        ask("e");
        EvalLoads process = new EvalLoads();
        assertEquals(EvalLoads.Next.FIRST, process.next(book, "e"));
        process.noting("e", 1);
        // The broker did not answer, and the next session does not find it.
        assertEquals(EvalLoads.Next.FIRST, process.next(book, "e"));
        process.noting("e", 1);
        book.accept(new EvalRecord.Loading("e", 1, 0));
        assertEquals(EvalLoads.Next.BEGUN, process.next(book, "e"));
        assertEquals(1, book.loads("e"));
    }
}
