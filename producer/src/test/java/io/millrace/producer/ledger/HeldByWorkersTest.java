package io.millrace.producer.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.WorkersRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldByWorkersTest {
    private static final long MINUTE_MS = 60_000;

    private final HeldByWorkers workers = new HeldByWorkers();

    private static WorkersRecord.Status stopped(WorkerIncarnation worker, long sequence) {
        return new WorkersRecord.Status(
                worker, sequence, WorkersRecord.State.STOPPED, 0, 8, 0, List.of(), List.of(), 0, 0, 0, 0, null);
    }

    /** The keys of the compacted topic: a status sets one, a worker that is forgotten takes it off. */
    @Test
    void theSetOfWorkersDoesNotGrowWithThoseThatCameAndWent() {
        Set<WorkerIncarnation> keys = new HashSet<>();
        WorkerIncarnation steady = new WorkerIncarnation("steady", "a");
        for (int minute = 0; minute < 1_000; minute++) {
            long nowMs = minute * MINUTE_MS;
            WorkerIncarnation visitor = new WorkerIncarnation("w", "i" + minute);
            workers.take(Events.status(visitor, 1, List.of(1L)), nowMs);
            keys.add(visitor);
            if (minute % 2 == 0) {
                workers.take(stopped(visitor, 2), nowMs);
            }
            workers.take(Events.status(steady, minute, List.of()), nowMs);
            keys.add(steady);
            keys.removeAll(workers.forget(nowMs));
            assertTrue(keys.size() <= HeldByWorkers.FORGOTTEN_MS / MINUTE_MS + 2, keys.size() + " keys");
        }
        assertTrue(keys.contains(steady));
    }

    @Test
    void eachIsForgottenOnceAndWhoIsHeardAgainIsKept() {
        workers.take(Events.status(Events.WORKER, 1, List.of()), 0);
        workers.take(Events.status(Events.OTHER_WORKER, 1, List.of()), 0);
        workers.take(Events.status(Events.OTHER_WORKER, 2, List.of()), 10);
        long nowMs = HeldByWorkers.FORGOTTEN_MS + 1;
        List<WorkerIncarnation> forgotten = new ArrayList<>(workers.forget(nowMs));
        forgotten.addAll(workers.forget(nowMs));
        assertEquals(List.of(Events.WORKER), forgotten);
    }

    @Test
    void thoseAtWorkAreHeardLatelyAndHaveNotStopped() {
        workers.take(Events.status(Events.WORKER, 1, List.of()), 0);
        workers.take(Events.status(Events.OTHER_WORKER, 1, List.of()), 20_000);
        assertEquals(2, workers.working(0));
        assertEquals(1, workers.working(10_000));
        workers.take(stopped(Events.OTHER_WORKER, 2), 21_000);
        assertEquals(0, workers.working(10_000));
    }
}
