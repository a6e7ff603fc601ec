package io.millrace.producer.ledger.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.WorkersRecord;
import io.millrace.common.topics.Lane;
import io.millrace.producer.ledger.Events;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.RecoveryLimits;
import io.millrace.producer.ledger.Reissues;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldByWorkersTest {
    private static final long MINUTE_MS = 60_000;

    private final HeldByWorkers workers = new HeldByWorkers(GroupKind.TRAINING);

    private static WorkersRecord.Status stopped(WorkerIncarnation worker, long sequence) {
        return new WorkersRecord.Status(
                worker, sequence, WorkersRecord.State.STOPPED, 0, 8, 0, List.of(), List.of(), 0, 0, 0, 0);
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

    /** A generation shorter than the time between two statuses has ended whenever somebody looks. */
    @Test
    void whatWorkersHoldIsWhatTheirNewestStatusesNameWhateverEndedSince() {
        Ledger ledger = new Ledger(GroupKind.TRAINING, new Reissues(new RecoveryLimits(3, 10, 10_000, 60_000)));
        ledger.published(Lane.TRAINING, Events.task(0), 0, 0);
        ledger.published(Lane.TRAINING, Events.task(1), 1, 0);
        ledger.workerStatus(Events.status(Events.WORKER, 1, List.of(0L, 1L)), 100);
        ledger.receipt(Events.success(0, 1), 0, 110);
        ledger.receipt(Events.success(1, 1), 1, 120);
        assertEquals(0, ledger.counts().inFlight());
        assertEquals(2, ledger.heldSince(0));
        assertEquals(0, ledger.heldSince(101));
        ledger.workerStatus(Events.status(Events.WORKER, 2, List.of()), 2_100);
        assertEquals(0, ledger.heldSince(0));
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

    /** One that was killed and started again is heard of in two lives for a while. */
    @Test
    void aWorkerThatWasStartedAgainIsOne() {
        workers.take(Events.status(new WorkerIncarnation("w", "first"), 1, List.of()), 0);
        workers.take(Events.status(new WorkerIncarnation("w", "second"), 1, List.of()), 3_000);
        assertEquals(1, workers.working(0));
    }
}
