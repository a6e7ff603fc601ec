package io.millrace.trainer.session;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.trainer.steps.ResumeMode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for a restart and a replay, and the checkpoint that a start goes back to.
 *
 * @param resumeStep null to go on where the run is
 * @param resumeLineage the lineage that the resumption opens; null for whichever is next
 */
public record RecoverySettings(
        @Setting(
                defaultValue = "200",
                range = "1 to 1000000 records",
                help = "Records on the steps topic between two snapshots; a restart reads from the last one")
        int snapshotRecords,

        @Setting(
                defaultValue = "30s",
                range = "100ms to 1h",
                help = "Time between two deletions of results that no unsettled group and no kept step needs")
        Duration trimInterval,

        @Setting(
                defaultValue = "100",
                range = "0 to 100000 steps",
                help = "Acknowledged steps whose results are kept for a replay, whatever checkpoint the trainer names")
        int keepSteps,

        @Setting(
                defaultValue = "1000",
                range = "1 to 100000 steps",
                help = "Steps kept since the newest checkpoint named; past it no further step is leased until a newer"
                        + " one is named")
        int keepStepsMax,

        @Setting(
                range = "0 or more",
                help = "Go back to the checkpoint that resumes at this step, before anything is served")
        @Nullable
        Long resumeStep,

        @Setting(
                defaultValue = "replay",
                help = "With resume-step: replay serves the recorded batches again, fresh goes on with new groups")
        ResumeMode resumeMode,

        @Setting(
                range = "1 or more",
                help = "With resume-step: the lineage that this opens; a run that is in it already stays as it is, so a"
                        + " restart with the same flags does not go back again")
        @Nullable
        Long resumeLineage,

        @Setting(
                range = "0 or more weight versions",
                help = "With resume-step: what the trainer calls the weights of that checkpoint, where it was begun in"
                        + " another run; without, its ready says it")
        @Nullable
        Long resumeVersion,

        @Setting(
                defaultValue = "10s",
                range = "100ms to 10m",
                help = "A result that a receipt names counts as missing when its partition ends before it for so long;"
                        + " its group is then issued again")
        Duration missingResultTimeout) {
    public RecoverySettings {
        if (keepStepsMax < keepSteps) {
            throw SettingException.impossible(
                    "--keep-steps and --keep-steps-max",
                    keepSteps + " steps are always kept, so keep-steps-max must be at least that, was " + keepStepsMax);
        }
        if (resumeVersion != null && resumeStep == null) {
            throw SettingException.impossible(
                    "--resume-version and --resume-step",
                    "it is the version of the checkpoint that the run begins with, so give resume-step too: 0 in a new run");
        }
        if (resumeLineage != null && resumeStep == null) {
            throw SettingException.impossible(
                    "--resume-lineage and --resume-step", "a lineage is opened at a step, so give resume-step too");
        }
    }
}
