package io.millrace.worker.attempt;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
                || header.rollouts() != task.samples()
                || responseTokens != ref.responseTokens()
                || !header.oldestWeightVersion().equals(ref.oldestVersion())
                || !header.lineage().equals(ref.lineage())) {
            throw new IllegalArgumentException("not there: what stands there is of attempt " + header.attempt()
                    + " of group " + header.groupIndex() + " with "
                    + header.rollouts() + " samples, "
                    + responseTokens + " tokens since version " + header.oldestWeightVersion() + " in lineage "
                    + header.lineage());
        }
    }

    /** The prompt's token ids; empty when no worker knew them, or when each sample has its own. */
    static int[] promptIds(RolloutGroup partial) {
        for (WrittenSample sample : samples(partial)) {
            if (sample.header().status() == SampleStatus.ABORTED) {
                return sample.promptIds();
            }
        }
        return new int[0];
    }

    /** The samples of each rollout, in order. */
    static List<List<WrittenSample>> rollouts(RolloutGroup partial) {
        List<List<WrittenSample>> rollouts = new ArrayList<>();
        long index = -1;
        for (WrittenSample sample : samples(partial)) {
            if (sample.header().index() != index) {
                index = sample.header().index();
                rollouts.add(new ArrayList<>());
            }
            rollouts.getLast().add(sample);
        }
        return rollouts;
    }

    private static List<WrittenSample> samples(RolloutGroup partial) {
        List<WrittenSample> samples = new ArrayList<>();
        Map<String, Integer> tensorAt = new HashMap<>();
        int tokenAt = 0;
        int responseAt = 0;
        for (SampleHeader header : partial.header().samples()) {
            int responseFrom = tokenAt + header.promptLength();
            int tokensEnd = tokenAt + header.tokenCount();
            int responseEnd = responseAt + header.responseLength();
            SampleTensors tensors = new SampleTensors();
            header.tensorShapes().forEach((name, shape) -> {
                Tensor whole = Objects.requireNonNull(partial.extras().get(name));
                int at = tensorAt.getOrDefault(name, 0);
                int end = at + (int) header.tensorValues(name) * Tensor.width(whole.dtype());
                tensors.restore(name, whole.dtype(), shape, Arrays.copyOfRange(whole.data(), at, end));
                tensorAt.put(name, end);
            });
            samples.add(new WrittenSample(
                    header,
                    Arrays.copyOfRange(partial.tokens(), tokenAt, responseFrom),
                    Arrays.copyOfRange(partial.tokens(), responseFrom, tokensEnd),
                    Arrays.copyOfRange(partial.logProbs(), responseAt, responseEnd),
                    Arrays.copyOfRange(partial.lossMask(), responseAt, responseEnd),
                    tensors));
            tokenAt = tokensEnd;
            responseAt = responseEnd;
        }
        return samples;
    }
}
