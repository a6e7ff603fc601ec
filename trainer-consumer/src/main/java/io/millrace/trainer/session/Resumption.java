package io.millrace.trainer.session;

import io.millrace.common.id.StepNumber;
import io.millrace.common.kafka.PartitionReader;
import io.millrace.common.record.ControlRecord;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.VersionWords;
import io.millrace.trainer.decide.Decisions;
import io.millrace.trainer.decide.Intake;
import io.millrace.trainer.journal.KeptSteps;
import io.millrace.trainer.journal.Retention;
import io.millrace.trainer.journal.StepWriter;
import io.millrace.trainer.steps.ResumeDecision;
import io.millrace.trainer.steps.ResumeMode;
import io.millrace.trainer.steps.StepHistory;
import io.millrace.trainer.steps.StepLedger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens lineages: a trainer goes back to a step, or counts its versions anew. Owned by the loop. */
final class Resumption {
    private static final Logger log = LoggerFactory.getLogger(Resumption.class);

    private final StepLedger ledger;
    private final Intake intake;
    private final OutcomeLog outcomes;
    private final Retention retention;
    private final KeptSteps keptSteps;
    private final ResultsFeed feed;
    private final PartitionReader reader;
    private final StepWriter writer;
    private final SnapshotMaker snapshots;

    Resumption(
            StepLedger ledger,
            Intake intake,
            OutcomeLog outcomes,
            Retention retention,
            KeptSteps keptSteps,
            ResultsFeed feed,
            PartitionReader reader,
            StepWriter writer,
            SnapshotMaker snapshots) {
        this.ledger = ledger;
        this.intake = intake;
        this.outcomes = outcomes;
        this.retention = retention;
        this.keptSteps = keptSteps;
        this.feed = feed;
        this.reader = reader;
        this.writer = writer;
        this.snapshots = snapshots;
    }

    /** The recorded steps from a step on, as the run has them now. */
    private List<StepHistory.Kept> recordedFrom(StepNumber step) throws Exception {
        return keptSteps.steps(step, ledger.recordedBefore(), ledger.lineage());
    }

    /**
     * Goes back to a step.
     *
     * @return why it is not possible; empty when it is done and durable
     */
    String resume(ResumeDecision.MayResume may, ResumeMode mode, long nowMs) throws Exception {
        List<StepHistory.Kept> steps = recordedFrom(may.step());
        if (mode == ResumeMode.REPLAY) {
            StepNumber lowest = lowestReplayable(steps, may.recordedBefore());
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
        open(may, recordedFrom(may.step()), nowMs);
    }

    private void open(ResumeDecision.MayResume may, List<StepHistory.Kept> steps, long nowMs) {
        List<ControlRecord> records = new ArrayList<>(ledger.resume(may, steps, nowMs));
        StepRecord.Resume resume = (StepRecord.Resume) records.getFirst();
        Decisions lost = intake.discardLost();
        records.addAll(lost.records());
        writer.write(snapshots.behind(records));
        outcomes.happened(lost.outcomes());
        retention.resumed(resume);
        log.warn(
                "lineage {} begins at step {} with weight version {}: {}",
                resume.lineage(),
                resume.step(),
                resume.weightVersion(),
                resume.replayBefore().equals(resume.step())
                        ? "new groups"
                        : "steps up to " + (resume.replayBefore().value() - 1) + " are replayed");
    }

    /** The first step from which on every record is still there. */
    private StepNumber lowestReplayable(List<StepHistory.Kept> steps, StepNumber before) {
        Map<Integer, Long> begins = new HashMap<>();
        Map<Integer, Long> logEnds = new HashMap<>();
        feed.partitions().forEach(partition -> {
            begins.put(partition.partition(), reader.begin(partition));
            logEnds.put(partition.partition(), reader.end(partition));
        });
        return retention.lowestReplayable(steps, before, begins, logEnds);
    }
}
