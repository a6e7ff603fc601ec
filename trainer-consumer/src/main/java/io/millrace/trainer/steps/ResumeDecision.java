package io.millrace.trainer.steps;

import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
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
     */
    record MayResume(
            Lineage lineage,
            StepNumber step,
            StepNumber replayBefore,
            StepNumber recordedBefore,
            @Nullable VersionWords restarted)
            implements ResumeDecision {}

    /** The run is in that lineage, which began at that step: nothing to do. */
    record AlreadyResumed(Lineage lineage, StepNumber step) implements ResumeDecision {}

    /** Not possible; the text says what is. */
    record Refused(String why) implements ResumeDecision {}
}
