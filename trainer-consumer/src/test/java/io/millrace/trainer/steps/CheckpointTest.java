package io.millrace.trainer.steps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The newest durable checkpoint that a trainer named: what stands after it stays replayable. */
class CheckpointTest {
    private final Random ids = new Random(3);
    private final List<StepRecord> written = new ArrayList<>();
    private StepLedger ledger = new StepLedger(new Capacity(1, 9, 1));

    private static StepNumber step(long number) {
        return new StepNumber(number);
    }

    private LeaseToken lease() {
        GroupIndex index = new GroupIndex(ledger.totals().settled());
        StepRecord.Lease lease = ledger.lease(
                ledger.nextStep(),
                List.of(new ManifestEntry(index, new Attempt(1), new WeightVersion(0), 0, List.of(index.value()))),
                null,
                LeaseId.draw(ids),
                5);
        written.add(lease);
        return lease.token();
    }

    /** A step whose acknowledgement names a checkpoint, or none. */
    private LeaseToken train(@Nullable Long named) {
        LeaseToken token = lease();
        AckDecision.Acknowledged done = assertInstanceOf(
                AckDecision.Acknowledged.class, ledger.acknowledge(token, null, named == null ? null : step(named), 6));
        keep(done.records());
        return token;
    }

    private void keep(List<ControlRecord> records) {
        records.forEach(record -> {
            if (record instanceof StepRecord one) {
                written.add(one);
            }
        });
    }

    private StepLedger again() {
        StepLedger read = new StepLedger(new Capacity(1, 9, 1));
        written.forEach(read::fold);
        return read;
    }

    @Test
    void theNewestThatWasNamedStands() {
        assertNull(ledger.checkpoint());
        train(null);
        assertNull(ledger.checkpoint());
        train(1L);
        assertEquals(step(1), ledger.checkpoint());
        train(null);
        assertEquals(step(1), ledger.checkpoint(), "it says nothing of it");
        train(0L);
        assertEquals(step(1), ledger.checkpoint(), "an older one");
        train(5L);
        assertEquals(step(5), ledger.checkpoint());
        assertEquals(step(5), again().checkpoint());
    }

    @Test
    void itResumesAtTheStepAfterTheAcknowledgedOneAtMost() {
        LeaseToken token = lease();
        assertEquals(
                "checkpoint_step 2 is the step at which the checkpoint resumes; after step 0 it is at most 1",
                assertInstanceOf(AckDecision.Refused.class, ledger.acknowledge(token, null, step(2), 6))
                        .why());
        assertNull(ledger.checkpoint());
        assertInstanceOf(AckDecision.Acknowledged.class, ledger.acknowledge(token, null, step(1), 6));
        assertEquals(step(1), ledger.checkpoint());
    }

    /** How a trainer names one between two steps. */
    @Test
    void anAcknowledgementThatIsRepeatedMayNameANewerOne() {
        LeaseToken first = train(null);
        train(1L);
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, ledger.acknowledge(first, null, step(2), 7));
        assertEquals(step(2), ledger.checkpoint());
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, ledger.acknowledge(first, null, step(1), 7));
        assertEquals(step(2), ledger.checkpoint(), "an older one");
        assertInstanceOf(AckDecision.AlreadyAcknowledged.class, ledger.acknowledge(first, null, step(3), 7));
        assertEquals(step(2), ledger.checkpoint(), "none can resume at a step that is not trained");
        assertEquals(step(1), again().checkpoint(), "the next acknowledgement carries it");
        train(null);
        assertEquals(step(2), again().checkpoint());
    }

    @Test
    void checkpointsOfAFutureThatWasGivenUpAreNone() {
        train(null);
        train(null);
        train(3L);
        resume(2);
        assertEquals(step(2), ledger.checkpoint());
        assertEquals(step(2), again().checkpoint());
        resume(2);
        assertEquals(step(2), ledger.checkpoint());
    }

    private void resume(long at) {
        ResumeDecision.MayResume may = assertInstanceOf(
                ResumeDecision.MayResume.class,
                ledger.mayResume(step(at), ResumeMode.FRESH, ledger.lineage().next()));
        StepHistory history = new StepHistory(ledger.lineage());
        written.forEach(history::add);
        keep(ledger.resume(may, history.steps(step(at), may.recordedBefore()), 8));
    }

    /** The snapshot has the last acknowledgement and the resumptions; one after that acknowledgement counts. */
    @Test
    void aSnapshotKnowsIt() {
        train(null);
        train(2L);
        assertEquals(step(2), fromSnapshot().checkpoint());
        resume(1);
        assertEquals(step(1), fromSnapshot().checkpoint());
        ledger = fromSnapshot();
        train(null);
        assertEquals(new Lineage(1), ledger.lineage());
        assertEquals(step(1), fromSnapshot().checkpoint());
    }

    private StepLedger fromSnapshot() {
        StepLedger read = new StepLedger(new Capacity(1, 9, 1));
        read.fold(ledger.snapshot(List.of(), 0, 0));
        return read;
    }
}
