package io.millrace.trainer.session;

import io.millrace.common.id.StepNumber;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.VersionWords;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.steps.ResumeDecision;
import io.millrace.trainer.steps.ResumeMode;
import io.millrace.trainer.steps.StepHistory;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens lineages: a trainer goes back to a step, or counts its versions anew. Owned by the loop. */
record Resumption(StepLedger ledger, Intake intake, OutcomeLog outcomes, SessionJournal journal) {
    private static final Logger log = LoggerFactory.getLogger(Resumption.class);

    /**
     * Goes back to a step.
     *
     * @return why it is not possible; empty when it is done and durable
     */
    String resume(ResumeDecision.MayResume may, ResumeMode mode, long nowMs) throws Exception {
        List<StepHistory.Kept> steps = journal.recordedFrom(may.step());
        if (mode == ResumeMode.REPLAY) {
            StepNumber lowest = journal.lowestReplayable(steps, may.recordedBefore());
            if (may.step().compareTo(lowest) < 0) {
                return "the run cannot replay from step " + may.step() + ", whose results are no longer kept: steps "
                        + lowest + " to " + ledger.nextStep()
                        + " are possible (keep-steps, and the checkpoint_step of acknowledgements, say what is kept),"
                        + " or mode fresh";
            }
        }
        open(may, steps, nowMs);
        return "";
    }

    /** Opens a lineage at the next step for a trainer that counts its versions anew; its weights go on. */
    void restart(VersionWords words, long nowMs) throws Exception {
        ResumeDecision.MayResume may = ledger.restart(words);
        log.warn(
                "the trainer counts its weight versions anew: what it calls {} from here on is version {}",
                words.word(ledger.policy().weightVersion()),
                ledger.policy().weightVersion());
        open(may, journal.recordedFrom(may.step()), nowMs);
    }

    private void open(ResumeDecision.MayResume may, List<StepHistory.Kept> steps, long nowMs) {
        List<ControlRecord> records = new ArrayList<>(ledger.resume(may, steps, nowMs));
        StepRecord.Resume resume = (StepRecord.Resume) records.getFirst();
        Decisions lost = intake.discardLost();
        records.addAll(lost.records());
        journal.write(resume, records);
        outcomes.happened(lost.outcomes());
        log.warn(
                "lineage {} begins at step {} with weight version {}: {}",
                resume.lineage(),
                resume.step(),
                resume.weightVersion(),
                resume.replayBefore().equals(resume.step())
                        ? "new groups"
                        : "steps up to " + (resume.replayBefore().value() - 1) + " are replayed");
    }
}
