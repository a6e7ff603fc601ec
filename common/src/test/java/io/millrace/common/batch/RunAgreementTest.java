package io.millrace.common.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.record.RunRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunAgreementTest {
    private static RunRecord run(int batch, int samples, int depth, String dataSet) {
        return new RunRecord(RunRecord.FORMAT, batch, samples, 1, depth, 4, 1 << 20, dataSet, "s1", "math", 10_000L);
    }

    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration TIMEOUT = Duration.ofSeconds(6);

    private static final RunRecord RUN = run(4, 4, 1, "d1");

    @Test
    void aTrainerOfOtherSamplesOrStepsIsRefusedWithBothValues() {
        assertEquals(
                Optional.empty(),
                RunAgreement.refusesTrainer(RUN, new BatchSettings(4, 4, 1, 1), 4, RUN.recordSizeMax()));
        assertEquals(
                "--samples-per-group is 8 here and 4 in the run record, --batch-groups is 64 here and 4 in the run"
                        + " record: start this trainer consumer with the run's values, or the producer, which wrote them"
                        + " at its last start, with these; nothing of the run is lost meanwhile",
                RunAgreement.refusesTrainer(RUN, new BatchSettings(64, 8, 1, 1), 4, RUN.recordSizeMax())
                        .orElseThrow());
        assertTrue(RunAgreement.refusesTrainer(RUN, new BatchSettings(4, 4, 2, 1), 4, RUN.recordSizeMax())
                .isPresent());
        assertTrue(RunAgreement.refusesTrainer(RUN, new BatchSettings(4, 4, 1, 2), 4, RUN.recordSizeMax())
                .isPresent());
        assertTrue(RunAgreement.refusesTrainer(RUN, new BatchSettings(4, 4, 1, 1), 2, RUN.recordSizeMax())
                .isPresent());
    }

    @Test
    void aProducerKeepsWhatIsCountedByAndMayChangeTheRest() {
        RunRecord deeper = run(8, 4, 3, "d1");
        assertEquals(Optional.empty(), RunAgreement.refusesProducer(RUN, deeper));
        assertEquals(
                List.of(
                        "--batch-groups is 8 here and 4 in the run record",
                        "--pipeline-depth is 3 here and 1 in the run record"),
                RunAgreement.changes(RUN, deeper));
        assertEquals(List.of(), RunAgreement.changes(RUN, RUN));
        assertTrue(RunAgreement.refusesProducer(RUN, run(4, 8, 1, "d2"))
                .orElseThrow()
                .contains("--samples-per-group is 8 here and 4 in the run record"));
        assertTrue(RunAgreement.refusesProducer(RUN, run(4, 4, 1, "d2")).isPresent());
        assertTrue(RunAgreement.refusesProducer(
                        RUN, new RunRecord(RunRecord.FORMAT, 4, 4, 1, 1, 8, 1 << 20, "d1", "s1", "math", 10_000L))
                .orElseThrow()
                .contains("--result-partitions is 8 here and 4 in the run record"));
    }

    @Test
    void aRunOfAnotherFormatOfRecordsIsForNobody() {
        int newer = RunRecord.FORMAT + 1;
        RunRecord stands = new RunRecord(newer, 4, 4, 1, 1, 4, 1 << 20, "d1", "s1", "math", 10_000L);
        String why = "the format of records is " + RunRecord.FORMAT + " here and " + newer + " in the run record";
        assertTrue(RunAgreement.refusesProducer(stands, RUN).orElseThrow().contains(why));
        assertTrue(RunAgreement.refusesTrainer(stands, new BatchSettings(4, 4, 1, 1), 4, 1)
                .orElseThrow()
                .contains(why));
        assertTrue(RunAgreement.refusesWorker(stands, 4, 1, INTERVAL, TIMEOUT)
                .orElseThrow()
                .contains(why));
    }

    @Test
    void aWorkerThatMayBeSilentForLongerThanTheLedgerWaitsIsRefusedWithBothValues() {
        assertEquals(Optional.empty(), RunAgreement.refusesWorker(RUN, 4, 1, INTERVAL, Duration.ofMillis(9_999)));
        assertEquals(
                "--status-timeout is 10000 ms here, and must be above --status-interval (2000 ms) and below the producer's"
                        + " --worker-timeout, which is 10000 ms in the run record: start this worker as the run's producer"
                        + " was, and of the same version",
                RunAgreement.refusesWorker(RUN, 4, 1, INTERVAL, Duration.ofSeconds(10))
                        .orElseThrow());
        RunRecord older = new RunRecord(RunRecord.FORMAT, 4, 4, 1, 1, 4, 1 << 20, "d1", "s1", "math", null);
        assertEquals(Optional.empty(), RunAgreement.refusesWorker(older, 4, 1, INTERVAL, Duration.ofMinutes(10)));
        assertEquals(
                List.of("--worker-timeout is 10000 ms here and null ms in the run record"),
                RunAgreement.changes(older, RUN));
    }

    @Test
    void aWorkerThatDoesNotKnowTheRewardIsRefused() {
        assertEquals(Optional.empty(), RunAgreement.refusesWorker(RUN, 4, 1, INTERVAL, TIMEOUT));
        assertTrue(RunAgreement.refusesWorker(RUN, 3, 1, INTERVAL, TIMEOUT)
                .orElseThrow()
                .contains("--result-partitions is 3 here and 4 in the run record"));
        RunRecord newer =
                new RunRecord(RunRecord.FORMAT, 4, 4, 1, 1, 4, 1 << 20, "d1", "s1", "no_such_reward", 10_000L);
        assertTrue(RunAgreement.refusesWorker(newer, 4, 1, INTERVAL, TIMEOUT)
                .orElseThrow()
                .contains("'no_such_reward'"));
    }
}
