package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.VersionWords;
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
    }

    /** The run is in that lineage, which began at that step: nothing to do. */
    record AlreadyResumed(Lineage lineage, StepNumber step) implements ResumeDecision {}

    /** Not possible; the text says what is. */
    record Refused(String why) implements ResumeDecision {}
}
