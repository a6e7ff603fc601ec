package io.millrace.common.batch;

import io.millrace.common.record.RunRecord;
import io.millrace.common.reward.Rewards;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a process fits the run that its producer began. A run whose processes disagree cannot succeed and would not
 * say so: a trainer that wants more samples rejects every group, one that wants larger steps waits for groups that
 * admission never lets out. Pure, for all threads.
 */
public final class RunAgreement {
    private RunAgreement() {}

    /**
     * What a producer of a later start must keep: results and steps are counted and indexed by it.
     *
     * @param stands as the run was begun
     * @param mine what this producer is set to
     * @return one line for people; empty when it may go on
     */
    public static Optional<String> refusesProducer(RunRecord stands, RunRecord mine) {
        List<String> differences = new ArrayList<>();
        compare(differences, "the format of records", stands.format(), mine.format());
        compare(differences, "--samples-per-group", stands.samplesPerGroup(), mine.samplesPerGroup());
        compare(differences, "--result-partitions", stands.resultPartitions(), mine.resultPartitions());
        compare(differences, "--dataset (by its fingerprint)", stands.dataSet(), mine.dataSet());
        return refusal(differences, "put back what was there, or begin a run of another name");
    }

    /** What of it has changed and may, for people. */
    public static List<String> changes(RunRecord stands, RunRecord mine) {
        List<String> changes = new ArrayList<>();
        compare(changes, "--batch-groups", stands.batchGroups(), mine.batchGroups());
        compare(changes, "--steps-per-version", stands.stepsPerVersion(), mine.stepsPerVersion());
        compare(changes, "--pipeline-depth", stands.pipelineDepth(), mine.pipelineDepth());
        compare(changes, "--record-size-max", stands.recordSizeMax(), mine.recordSizeMax());
        compare(changes, "sampling parameters (by their fingerprint)", stands.sampling(), mine.sampling());
        compare(changes, "--reward-type", "" + stands.rewardType(), "" + mine.rewardType());
        compare(changes, "--worker-timeout", stands.workerTimeoutMs() + " ms", mine.workerTimeoutMs() + " ms");
        return changes;
    }

    /**
     * @param recordSizeMax of this trainer consumer, bytes
     * @return one line for people; empty when the trainer consumer fits
     */
    public static Optional<String> refusesTrainer(
            RunRecord stands, BatchSettings batch, int resultPartitions, long recordSizeMax) {
        List<String> differences = new ArrayList<>();
        compare(differences, "the format of records", stands.format(), RunRecord.FORMAT);
        compare(differences, "--samples-per-group", stands.samplesPerGroup(), batch.samplesPerGroup());
        compare(differences, "--batch-groups", stands.batchGroups(), batch.batchGroups());
        compare(differences, "--steps-per-version", stands.stepsPerVersion(), batch.stepsPerVersion());
        compare(differences, "--pipeline-depth", stands.pipelineDepth(), batch.pipelineDepth());
        compare(differences, "--result-partitions", stands.resultPartitions(), resultPartitions);
        compareRecordSize(differences, stands, recordSizeMax);
        return refusal(
                differences,
                "start this trainer consumer with the run's values, or the producer, which wrote them at its last start,"
                        + " with these; nothing of the run is lost meanwhile");
    }

    /**
     * A worker that claims for longer without a status than the ledger waits for one would claim groups that are issued
     * again at once.
     *
     * @param recordSizeMax of this worker, bytes
     * @param statusInterval between two statuses of the worker
     * @param statusTimeout how long after a status it still claims
     * @return one line for people; empty when the worker fits
     */
    public static Optional<String> refusesWorker(
            RunRecord stands,
            int resultPartitions,
            long recordSizeMax,
            Duration statusInterval,
            Duration statusTimeout) {
        List<String> differences = new ArrayList<>();
        compare(differences, "the format of records", stands.format(), RunRecord.FORMAT);
        compare(differences, "--result-partitions", stands.resultPartitions(), resultPartitions);
        compareRecordSize(differences, stands, recordSizeMax);
        String type = stands.rewardType();
        Rewards rewards = Rewards.installed();
        if (type != null && rewards.named(type).isEmpty()) {
            differences.add(rewards.unknown(type) + " on this worker");
        }
        Long lostAfterMs = stands.workerTimeoutMs();
        if (lostAfterMs != null && statusTimeout.toMillis() >= lostAfterMs) {
            differences.add("--status-timeout is " + statusTimeout.toMillis() + " ms here, and must be above"
                    + " --status-interval (" + statusInterval.toMillis() + " ms) and below the producer's"
                    + " --worker-timeout, which is " + lostAfterMs + " ms in the run record");
        }
        return refusal(differences, "start this worker as the run's producer was, and of the same version");
    }

    /** The topics take records of the run's size, which its producer has verified; smaller ones are no harm. */
    private static void compareRecordSize(List<String> differences, RunRecord stands, long mine) {
        if (mine > stands.recordSizeMax()) {
            differences.add("--record-size-max is " + mine + " bytes here and " + stands.recordSizeMax()
                    + " in the run record, which is the most that its topics take");
        }
    }

    private static void compare(List<String> differences, String what, Object stands, Object mine) {
        if (!stands.equals(mine)) {
            differences.add(what + " is " + mine + " here and " + stands + " in the run record");
        }
    }

    private static Optional<String> refusal(List<String> differences, String what) {
        return differences.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", differences) + ": " + what);
    }
}
