package io.millrace.trainer.loop;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.trainer.session.RecoverySettings;
import io.millrace.trainer.session.Session;
import io.millrace.trainer.steps.ResumeDecision;
import io.millrace.trainer.steps.ResumeMode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoint that a process goes back to when it starts, once. Tried again by the next session when a write failed;
 * then the lineage that the first try would have opened says whether it stands. Owned by the loop.
 */
public final class StartResume {
    private static final Logger log = LoggerFactory.getLogger(StartResume.class);

    private final StepNumber step;
    private final ResumeMode mode;
    /** What it opens; fixed by the first try where the user gave none. */
    private @Nullable Lineage lineage;

    private final @Nullable WeightVersion word;

    /**
     * @param lineage what it opens; null for whichever is next
     * @param word what the trainer calls the weights of the checkpoint; null where its ready says it
     */
    private StartResume(StepNumber step, ResumeMode mode, @Nullable Lineage lineage, @Nullable WeightVersion word) {
        this.word = word;
        this.step = step;
        this.mode = mode;
        this.lineage = lineage;
    }

    /** @return null to go on where the run is */
    public static @Nullable StartResume of(RecoverySettings settings) {
        return settings.resumeStep() == null
                ? null
                : new StartResume(
                        new StepNumber(settings.resumeStep()),
                        settings.resumeMode(),
                        settings.resumeLineage() == null ? null : new Lineage(settings.resumeLineage()),
                        settings.resumeVersion() == null ? null : new WeightVersion(settings.resumeVersion()));
    }

    /** @throws SettingException when the run cannot go back to this step */
    void apply(Session session, long nowMs) throws Exception {
        Lineage target = lineage == null ? session.ledger().lineage().next() : lineage;
        lineage = target;
        if (session.ledger().lineage().compareTo(target) >= 0) {
            log.info(
                    "--resume-step {} has nothing to do: the run is in lineage {}",
                    step,
                    session.ledger().lineage());
            return;
        }
        String refusal = switch (session.ledger().mayResume(step, mode, target)) {
            case ResumeDecision.AlreadyResumed already -> "";
            case ResumeDecision.Refused refused -> refused.why();
            case ResumeDecision.MayResume may -> session.resume(may.calling(word), mode, nowMs);
        };
        if (!refusal.isEmpty()) {
            throw new SettingException("--resume-step " + step + ": " + refusal);
        }
    }
}
