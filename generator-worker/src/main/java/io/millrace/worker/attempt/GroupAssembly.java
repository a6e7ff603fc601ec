package io.millrace.worker.attempt;

import io.millrace.common.id.RunId;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.record.RewardStats;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.Tensor;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.wire.Safetensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Makes the group of an attempt's samples.
 *
 * @param run whose group it is
 * @param worker who made it
 */
public record GroupAssembly(RunId run, WorkerIncarnation worker, boolean maskOffPolicy) {
    /** Every token is trained on that its sample says. */
    public GroupAssembly(RunId run, WorkerIncarnation worker) {
        this(run, worker, false);
    }

    /**
     * The result of an attempt.
     *
     * @param finishedAtMs wall clock
     * @throws IllegalStateException when a sample is missing
     * @throws TensorsDifferException when the samples' tensors are of different kinds
     */
    public RolloutGroup result(AttemptState attempt, long finishedAtMs) {
        if (!attempt.isWhole()) {
            throw new IllegalStateException("group " + attempt.task().groupIndex() + " lacks a sample: this is a bug");
        }
        RolloutGroup group = asItIs(attempt, finishedAtMs);
        if (maskOffPolicy) {
            maskOlder(group);
        }
        return group;
    }

    /** slime's --mask-offpolicy-in-partial-rollout, by versions and not by requests. */
    private static void maskOlder(RolloutGroup group) {
        int at = 0;
        for (SampleHeader sample : group.header().samples()) {
            WeightVersion newest = sample.weightVersions().isEmpty()
                    ? group.header().issueVersion()
                    : sample.weightVersions().getLast().version();
            for (VersionSpan span : sample.weightVersions()) {
                if (span.version().compareTo(newest) < 0) {
                    Arrays.fill(group.lossMask(), at + span.from(), at + span.to(), (byte) 0);
                }
            }
            at += sample.responseLength();
        }
    }

    /**
     * The samples as they are: those that are not finished are aborted ones, for another worker to go on with. Their tensors
     * are handed over: it can be made once.
     *
     * @throws TensorsDifferException when the samples' tensors are of different kinds
     */
    public RolloutGroup asItIs(AttemptState attempt, long finishedAtMs) {
        TrainingTask task = attempt.task();
        List<WrittenSample> samples = attempt.written();
        List<SampleHeader> headers = samples.stream().map(WrittenSample::header).toList();
        GroupHeader header = new GroupHeader(
                run,
                task.groupIndex(),
                task.attempt(),
                task.lineage(),
                task.issueVersion(),
                worker,
                task.issuedAtMs(),
                attempt.claimedAtMs(),
                finishedAtMs,
                task.prompt(),
                task.label(),
                task.metadata(),
                RewardStats.of(headers.stream()
                        .mapToDouble(sample -> sample.reward().value())
                        .toArray()),
                headers,
                attempt.times().timings());
        int[] tokens =
                new int[headers.stream().mapToInt(SampleHeader::tokenCount).sum()];
        float[] logProbs = new float
                [headers.stream().mapToInt(SampleHeader::responseLength).sum()];
        byte[] lossMask = new byte[logProbs.length];
        int tokenAt = 0;
        int responseAt = 0;
        for (WrittenSample sample : samples) {
            int length = sample.tokens().length;
            System.arraycopy(sample.promptIds(), 0, tokens, tokenAt, sample.promptIds().length);
            System.arraycopy(sample.tokens(), 0, tokens, tokenAt + sample.promptIds().length, length);
            System.arraycopy(sample.logProbs(), 0, logProbs, responseAt, length);
            System.arraycopy(sample.lossMask(), 0, lossMask, responseAt, length);
            tokenAt += sample.header().tokenCount();
            responseAt += length;
        }
        return new RolloutGroup(header, tokens, logProbs, lossMask, tensors(samples, headers));
    }

    /** The samples' parts of each back to back. */
    private static Map<String, Tensor> tensors(List<WrittenSample> samples, List<SampleHeader> headers) {
        Map<String, Tensor> tensors = new TreeMap<>();
        for (SampleHeader header : headers) {
            for (String name : header.tensorShapes().keySet()) {
                if (!tensors.containsKey(name)) {
                    tensors.put(name, tensor(name, samples, headers));
                }
            }
        }
        return tensors;
    }

    private static Tensor tensor(String name, List<WrittenSample> samples, List<SampleHeader> headers) {
        List<String> dtypes = samples.stream()
                .map(sample -> sample.tensors().dtype(name))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        long values =
                headers.stream().mapToLong(header -> header.tensorValues(name)).sum();
        long bytes = values * Tensor.width(dtypes.getFirst());
        if (dtypes.size() > 1 || bytes > Safetensors.BLOB_BYTES_MAX) {
            throw new TensorsDifferException(name + " of the samples is " + String.join(" and ", dtypes) + ", " + bytes
                    + " bytes: a group has one tensor of this name, of at most " + Safetensors.BLOB_BYTES_MAX);
        }
        byte[] data = new byte[(int) bytes];
        int at = 0;
        for (WrittenSample sample : samples) {
            at = sample.tensors().moveTo(data, at, name);
        }
        return new Tensor(dtypes.getFirst(), new long[] {values}, data);
    }
}
