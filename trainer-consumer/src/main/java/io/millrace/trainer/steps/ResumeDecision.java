package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.VersionWords;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of the wish to go back to a checkpoint. */
public sealed interface ResumeDecision {
    /**
     * It may be opened.
     *
     * @param lineage the new one
     * @param replayBefore recorded steps from the checkpoint up to this one, exclusive, are served again
     * @param restarted the words of a trainer that counts anew, whose weights go on; null for one that goes back
     * @param recordedBefore up to this one, exclusive, steps after the checkpoint were recorded
     * @param word what the trainer calls the weights of the checkpoint; null where it does not say before its ready
     */
    record MayResume(
            Lineage lineage,
            StepNumber step,
            StepNumber replayBefore,
            StepNumber recordedBefore,
            @Nullable VersionWords restarted,
            @Nullable WeightVersion word)
            implements ResumeDecision {
        /** The same for a trainer that says what it calls the weights of the checkpoint; null when it does not. */
        public MayResume calling(@Nullable WeightVersion itsWord) {
            return new MayResume(lineage, step, replayBefore, recordedBefore, restarted, itsWord);
        }

        boolean isReplay() {
            return replayBefore.compareTo(step) > 0;
        }

        /**
         * What opens the lineage.
         *
         * @param kept the recorded steps from the step on, all up to {@code recordedBefore}
         * @param before the policy that stands
         * @param trained groups trained in the run
         */
        Opening opening(List<StepHistory.Kept> kept, Policy before, long trained, long nowMs) {
            if (kept.size() != recordedBefore.value() - step.value()) {
                throw new IllegalStateException("of the steps from " + step + " to before " + recordedBefore + " only "
                        + kept.size() + " are on record");
            }
            StepRecord.Lease first =
                    kept.isEmpty() || restarted != null ? null : kept.getFirst().lease();
            WeightVersion version = first == null ? before.weightVersion() : first.weightVersion();
            long again = isReplay()
                    ? kept.stream()
                            .mapToLong(one -> one.lease().groups().size())
                            .sum()
                    : 0;
            long left = Math.max(0, trained - again);
            VersionWords words = restarted;
            if (words == null) {
                // By what words the weights were called with which the first of these steps was trained.
                long offset = first == null ? before.words().offset() : first.versionOffset();
                words = word == null
                        ? before.words().unconfirmed(offset)
                        : before.words().stated(word, version);
            }
            return new Opening(
                    new StepRecord.Resume(
                            lineage, step, version, replayBefore, left, nowMs, words.offset(), restarted != null),
                    new Policy(
                            lineage,
                            version,
                            left,
                            restarted == null ? Policy.State.UPDATING : Policy.State.READY,
                            nowMs,
                            words));
        }
    }

    /** The records that open a lineage. */
    record Opening(StepRecord.Resume resume, Policy policy) {}

    /** The run is in that lineage, which began at that step: nothing to do. */
    record AlreadyResumed(Lineage lineage, StepNumber step) implements ResumeDecision {}

    /** Not possible; the text says what is. */
    record Refused(String why) implements ResumeDecision {}
}
