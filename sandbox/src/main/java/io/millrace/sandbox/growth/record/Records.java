package io.millrace.sandbox.growth.record;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseId;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.Json;
import io.millrace.common.record.AttemptHistory;
import io.millrace.common.record.GroupKind;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.Receipt;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.record.WorkersRecord;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Records with what matters here, and little else. */
public final class Records {
    private static final Lineage LINEAGE = new Lineage(0);

    private Records() {}

    public static TrainingTask task(
            long index, Attempt attempt, int samples, WeightVersion version, @Nullable AttemptHistory history) {
        return new TrainingTask(
                new GroupIndex(index),
                attempt,
                samples,
                LINEAGE,
                version,
                0,
                new Prompt.Text(""),
                null,
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("0", 1, 0, index + 1),
                null,
                history,
                null);
    }

    /** @param place partition 0's offset */
    public static Receipt success(
            GroupIndex index, Attempt attempt, WorkerIncarnation worker, int samples, long place) {
        return new Receipt(
                index,
                attempt,
                worker,
                samples,
                0,
                0,
                0,
                new Receipt.Success(0, List.of(place), new RewardStats(0.5, 0.5)));
    }

    public static WorkersRecord.Status status(
            WorkerIncarnation worker, long sequence, int slots, List<WorkersRecord.HeldGroup> held) {
        return new WorkersRecord.Status(
                worker, sequence, WorkersRecord.State.RUNNING, 0, slots, slots, held, List.of(), 0, 0, 0, 0);
    }

    /** Named from an index on, as first attempts. */
    public static List<WorkersRecord.HeldGroup> held(long from, long to) {
        return LongStream.range(from, to)
                .mapToObj(index ->
                        new WorkersRecord.HeldGroup(GroupKind.TRAINING, new GroupIndex(index), new Attempt(1), 0, 0))
                .toList();
    }

    /** Lease of a step of these groups. */
    public static StepRecord.Lease lease(long step, long from, long to) {
        return new StepRecord.Lease(
                LINEAGE,
                new StepNumber(step),
                leaseId(step),
                new WeightVersion(step),
                0,
                LongStream.range(from, to)
                        .mapToObj(index -> new StepRecord.ManifestEntry(
                                new GroupIndex(index), new Attempt(1), new WeightVersion(0), 0, List.of(index)))
                        .toList());
    }

    /** @param trained groups in all */
    public static StepRecord.Acknowledgement acknowledgement(long step, long trained) {
        return new StepRecord.Acknowledgement(
                LINEAGE,
                new StepNumber(step),
                leaseId(step),
                new WeightVersion(step + 1),
                0,
                new StepRecord.Totals(trained, 0, 0, trained),
                null);
    }

    public static LeaseId leaseId(long step) {
        return new LeaseId(HexFormat.of().toHexDigits(step));
    }
}
