package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.SettingException;
import io.millrace.common.record.RunRecord;
import io.millrace.common.testing.Await;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of a run that disagree are told so at once; they could only wait for each other. */
class RunRecordTest {
    private static final Map<String, String> TRAINER =
            Map.of("batch-groups", "4", "samples-per-group", "2", "result-partitions", "4");

    @TempDir
    Path folder;

    private final ProducerRun producer = new ProducerRun();

    @AfterEach
    void end() throws Exception {
        producer.close();
    }

    private void produce() throws Exception {
        producer.start(ProducerRun.dataSet(folder, "q", 40));
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> flags = new HashMap<>(TRAINER);
        flags.put(name, value);
        return flags;
    }

    /** Exit 2 is what a setting that cannot be used ends with. */
    private static void assertEndsNaming(TrainerProcess trainer, String what) {
        ExecutionException ended = assertThrows(ExecutionException.class, trainer::exitCode);
        SettingException refused = assertInstanceOf(SettingException.class, ended.getCause());
        assertTrue(refused.getMessage().contains(what), refused.getMessage());
    }

    @Test
    void aTrainerThatWantsOtherSamplesIsRefusedNamingBoth() throws Exception {
        produce();
        TrainerRun run = new TrainerRun(producer.run, TRAINER);
        assertEndsNaming(
                run.start(with("samples-per-group", "8")), "--samples-per-group is 8 here and 2 in the run record");
        run.close();
    }

    @Test
    void aBatchThatAdmissionCanNeverFillIsRefusedAndARunningTrainerLeftAlone() throws Exception {
        produce();
        try (TrainerRun run = new TrainerRun(producer.run, TRAINER);
                TrainerProcess good = run.start(TRAINER)) {
            assertEndsNaming(
                    run.start(with("batch-groups", "64")), "--batch-groups is 64 here and 4 in the run record");
            assertEquals(200, good.get("/v1/status").status());
        }
    }

    @Test
    void aTrainerThatIsThereFirstSaysWhatItWaitsForAndEndsWhenItDoesNotFit() throws Exception {
        try (TrainerRun run = new TrainerRun(producer.run, TRAINER)) {
            TrainerProcess trainer = run.start(with("samples-per-group", "8"));
            assertTrue(trainer.get("/v1/status")
                    .json()
                    .path("waiting_for")
                    .asString()
                    .contains("the run's producer to start"));
            produce();
            assertEndsNaming(trainer, "--samples-per-group is 8 here and 2 in the run record");
        }
    }

    @Test
    void aProducerMayChangeTheDepthAndTheTrainerIsTold() throws Exception {
        produce();
        producer.close();
        ProducerRun.Started again = producer.start(
                ProducerRun.dataSet(folder, "q", 40), Map.of("pipeline-depth", "3", "max-new-tokens", "77"));
        Await.until("it goes on", () -> producer.committed().size() == 16, TrainerRun.LIMIT);
        TrainerRun run = new TrainerRun(producer.run, TRAINER);
        assertEndsNaming(run.start(TRAINER), "--pipeline-depth is 1 here and 3 in the run record");
        run.close();
        again.stop();
    }

    @Test
    void aProducerOfOtherSamplesIsRefusedAndTheOneAtWorkLeftAlone() throws Exception {
        produce();
        SettingException refused = assertThrows(
                SettingException.class,
                () -> producer.start(ProducerRun.dataSet(folder, "q", 40), Map.of("samples-per-group", "8")));
        assertTrue(
                refused.getMessage().contains("--samples-per-group is 8 here and 2 in the run record"),
                refused.getMessage());
        int before = producer.committed().size();
        producer.policy(1, 4);
        Await.until("the first goes on", () -> producer.committed().size() > before, TrainerRun.LIMIT);
    }

    @Test
    void aWorkerThatDoesNotKnowTheRunsRewardEndsNamingIt() throws Exception {
        produce();
        // As a producer of a later version writes it.
        producer.write(
                producer.topics.runRecord(),
                RunRecord.KEY,
                new RunRecord(RunRecord.FORMAT, 4, 2, 1, 1, 4, 16 << 20, "d", "s", "no_such_reward", 10_000L));
        assertWorkerEndsNaming("no reward is called 'no_such_reward'");
    }

    @Test
    void aWorkerThatMayBeSilentForLongerThanTheLedgerWaitsEndsNamingBoth() throws Exception {
        producer.start(ProducerRun.dataSet(folder, "q", 40), Map.of("worker-timeout", "5s"));
        assertWorkerEndsNaming(
                "--status-timeout is 6000 ms here, and must be above --status-interval (2000 ms) and below"
                        + " the producer's --worker-timeout, which is 5000 ms in the run record");
    }

    private void assertWorkerEndsNaming(String what) throws Exception {
        MillraceProcess worker = MillraceProcess.start(
                folder,
                "worker",
                "--run",
                producer.run.value(),
                "--bootstrap",
                KafkaCluster.bootstrap(),
                "--engine-url",
                "http://127.0.0.1:1",
                "--ops-port",
                "0");
        try {
            assertEquals(2, worker.exitCode(TrainerRun.LIMIT), worker::printed);
            assertTrue(worker.printed().contains(what), worker::printed);
        } finally {
            worker.end();
        }
    }
}
