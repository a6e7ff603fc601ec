package io.millrace.worker.attempt;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Reads an unfinished group, which has the form of a group: a sample that is not finished stands there as an aborted one,
 * with its engine's word for how far it is; {@code abort} is to be gone on with, any other only to be scored. Stateless.
 */
final class PartialGroup {
    private PartialGroup() {}

    /**
     * Whether what was read is what the task's reference names, in all that the reference says of it: its place may be
     * another record's by now, also one of another attempt of the same group.
     *
     * @throws IllegalArgumentException when it is not
     */
    static void check(RolloutGroup partial, TrainingTask task) {
        GroupHeader header = partial.header();
        PartialRef ref = Objects.requireNonNull(task.partial(), "partial");
        long responseTokens = header.samples().stream()
                .mapToLong(SampleHeader::responseLength)
                .sum();
        if (!header.groupIndex().equals(task.groupIndex())
                || !header.attempt().equals(ref.attempt())
                || header.samples().size() != task.samples()
                || responseTokens != ref.responseTokens()
                || !header.oldestWeightVersion().equals(ref.oldestVersion())
                || !header.lineage().equals(ref.lineage())) {
            throw new IllegalArgumentException("not there: what stands there is of attempt " + header.attempt()
                    + " of group " + header.groupIndex() + " with "
                    + header.samples().size() + " samples, "
                    + responseTokens + " tokens since version " + header.oldestWeightVersion() + " in lineage "
                    + header.lineage());
        }
    }

    /** The prompt's token ids; empty when no worker knew them. */
    static int[] promptIds(RolloutGroup partial) {
        return Arrays.copyOf(
                partial.tokens(), partial.header().samples().getFirst().promptLength());
    }

    /** A sample as the task's attempt goes on with it. */
    static Sample sample(RolloutGroup partial, int sample, TrainingTask task) {
        List<SampleHeader> headers = partial.header().samples();
        SampleHeader header = headers.get(sample);
        int responseAt = 0;
        int promptsAt = 0;
        for (SampleHeader before : headers.subList(0, sample)) {
            responseAt += before.responseLength();
            promptsAt += before.promptLength();
        }
        int tokenAt = promptsAt + responseAt + header.promptLength();
        Sample restored = Sample.of(
                header,
                Arrays.copyOfRange(partial.tokens(), tokenAt, tokenAt + header.responseLength()),
                Arrays.copyOfRange(partial.logProbs(), responseAt, responseAt + header.responseLength()),
                task);
        header.tensorShapes().forEach((name, shape) -> {
            Tensor whole = Objects.requireNonNull(partial.extras().get(name));
            int width = Tensor.width(whole.dtype());
            long before = headers.subList(0, sample).stream()
                    .mapToLong(other -> other.tensorValues(name))
                    .sum();
            int at = (int) before * width;
            byte[] values = Arrays.copyOfRange(whole.data(), at, at + (int) header.tensorValues(name) * width);
            restored.tensors().restore(name, whole.dtype(), shape, values);
        });
        return restored;
    }
}
