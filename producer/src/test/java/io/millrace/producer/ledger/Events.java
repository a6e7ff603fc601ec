package io.millrace.producer.ledger;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.SettledIndices;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.PartialRef;
import io.millrace.common.record.Policy;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records for tests, with what a test does not care about filled in. */
public final class Events {
    public static final WorkerIncarnation WORKER = new WorkerIncarnation("w1", "a");
    public static final WorkerIncarnation OTHER_WORKER = new WorkerIncarnation("w2", "a");

    private Events() {}

    public static TrainingTask task(long index) {
        return task(index, 1, null);
    }

    public static TrainingTask task(long index, long attempt, @Nullable AttemptHistory history) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(attempt),
                2,
                new Lineage(0),
                new WeightVersion(0),
                0,
                new Prompt.Text("What is " + index + "?"),
                null,
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("0123456789abcdef", 1, 0, index + 1),
                null,
                history,
                null);
    }

    public static Receipt success(long index, long attempt) {
        return receipt(
                index, attempt, new Receipt.Success(0, List.of(index), new RewardStats(index % 2 == 0 ? 1 : 0, 0)));
    }

    public static Receipt failure(long index, long attempt) {
        return receipt(index, attempt, new Receipt.Failure("deadline", "attempt " + attempt));
    }

    public static Receipt handedBack(long index, long attempt) {
        return handedBack(index, attempt, null);
    }

    public static Receipt handedBack(long index, long attempt, @Nullable PartialRef partial) {
        return receipt(index, attempt, new Receipt.HandedBack("the worker stops", partial));
    }

    private static Receipt receipt(long index, long attempt, Receipt.Outcome outcome) {
        return new Receipt(new GroupIndex(index), new Attempt(attempt), WORKER, 2, 10, 20, 30, outcome);
    }

    public static WorkersRecord.Status status(WorkerIncarnation worker, long sequence, Collection<Long> held) {
        Map<Long, Long> attempts = new HashMap<>();
        held.forEach(index -> attempts.put(index, 1L));
        return status(worker, sequence, attempts);
    }

    /** @param held the attempt of each group */
    public static WorkersRecord.Status status(WorkerIncarnation worker, long sequence, Map<Long, Long> held) {
        List<WorkersRecord.HeldGroup> groups = held.entrySet().stream()
                .map(one -> new WorkersRecord.HeldGroup(
                        GroupKind.TRAINING, new GroupIndex(one.getKey()), new Attempt(one.getValue()), 0, 0))
                .toList();
        return new WorkersRecord.Status(
                worker, sequence, WorkersRecord.State.RUNNING, 0, 8, 0, groups, List.of(), 0, 0, 0, 0);
    }

    public static StepRecord.Lease lease(long step, List<Long> indices) {
        return new StepRecord.Lease(
                new Lineage(0),
                new StepNumber(step),
                new LeaseId("00000000000000aa"),
                new WeightVersion(0),
                0,
                indices.stream()
                        .sorted()
                        .map(index -> new StepRecord.ManifestEntry(
                                new GroupIndex(index), new Attempt(1), new WeightVersion(0), 0, List.of(index)))
                        .toList());
    }

    public static StepRecord.Acknowledgement ack(long step, StepRecord.Totals totals) {
        return new StepRecord.Acknowledgement(
                new Lineage(0), new StepNumber(step), new LeaseId("00000000000000aa"), null, 0, totals, null);
    }

    public static StepRecord.Discard discard(long index, StepRecord.Totals totals) {
        return new StepRecord.Discard(new GroupIndex(index), new Attempt(1), "filtered", totals);
    }

    public static StepRecord.Abandonment abandonment(long index, StepRecord.Totals totals) {
        return new StepRecord.Abandonment(new GroupIndex(index), new Attempt(1), "failed", totals);
    }

    public static StepRecord.Rejection rejection(long index, long attempt) {
        return new StepRecord.Rejection(new GroupIndex(index), new Attempt(attempt), 0, index, "no tokens");
    }

    public static StepRecord.Missing missing(long index, long attempt) {
        return new StepRecord.Missing(
                new GroupIndex(index), new Attempt(attempt), 0, List.of(index), StepRecord.Missing.Why.BEYOND_END);
    }

    public static StepRecord.Snapshot snapshot(
            long nextStep,
            StepRecord.Totals totals,
            BitSet settled,
            List<StepRecord.Rejection> rejections,
            List<StepRecord.Missing> missing) {
        SettledIndices indices = new SettledIndices();
        settled.stream().forEach(index -> indices.add(new GroupIndex(index)));
        return new StepRecord.Snapshot(
                new Lineage(0),
                new StepNumber(nextStep),
                0,
                nextStep == 0 ? null : ack(nextStep - 1, totals),
                totals,
                Policy.initial(),
                indices.ranges(),
                rejections,
                missing,
                List.of(),
                0,
                List.of(),
                0,
                0,
                0);
    }
}
