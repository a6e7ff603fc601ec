package io.millrace.worker.generate;

import io.millrace.common.record.PartialRef;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.GroupHeader;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Unfinished groups in the form of groups: a sample that is not finished stands there as an aborted one, with its
 * engine's word for how far it is; {@code abort} is to be gone on with, any other only to be scored. Stateless.
 */
final class PartialGroups {
    /**
     * The samples of a group, in order.
     *
     * @param made null where one is not finished; then what there is of it counts
     */
    record Samples(List<SampleSoFar> soFar, List<@Nullable SampleMade> made) {
        /** Tokens that would be lost; of finished samples too. */
        long responseTokens() {
            long tokens = 0;
            for (int i = 0; i < soFar.size(); i++) {
                SampleMade finished = made.get(i);
                tokens += finished == null
                        ? soFar.get(i).length()
                        : finished.header().responseLength();
            }
            return tokens;
        }

        /** As they go on the wire. */
        List<SampleMade> asSamples(TrainingTask task, int[] promptIds) {
            List<SampleMade> samples = new ArrayList<>();
            for (int i = 0; i < soFar.size(); i++) {
                SampleMade finished = made.get(i);
                samples.add(finished == null ? begun(i, task, promptIds) : finished);
            }
            return samples;
        }

        private SampleMade begun(int sample, TrainingTask task, int[] promptIds) {
            SampleSoFar begun = soFar.get(sample);
            SampleHeader header = begun.header(task.groupIndex().sampleIndex(sample, task.samples()), promptIds.length);
            return new SampleMade(header, begun.prefix(promptIds), begun.logProbs());
        }
    }

    private PartialGroups() {}

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

    /** Puts the samples where the task's attempt has them. */
    static void restore(RolloutGroup partial, TrainingTask task, @Nullable SampleMade[] made, SampleSoFar[] soFar) {
        int tokenAt = 0;
        int responseAt = 0;
        for (int i = 0; i < made.length; i++) {
            SampleHeader header = partial.header().samples().get(i);
            int responseFrom = tokenAt + header.promptLength();
            int tokenEnd = tokenAt + header.tokenCount();
            float[] logProbs = Arrays.copyOfRange(partial.logProbs(), responseAt, responseAt + header.responseLength());
            if (header.status() != SampleStatus.ABORTED) {
                made[i] = new SampleMade(header, Arrays.copyOfRange(partial.tokens(), tokenAt, tokenEnd), logProbs);
            } else if (header.responseLength() > 0) {
                soFar[i] = SampleSoFar.of(
                        header,
                        Arrays.copyOfRange(partial.tokens(), responseFrom, tokenEnd),
                        logProbs,
                        task.issueVersion());
            }
            tokenAt = tokenEnd;
            responseAt += header.responseLength();
        }
    }
}
