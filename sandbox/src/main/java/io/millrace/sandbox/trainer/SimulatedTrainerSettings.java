package io.millrace.sandbox.trainer;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.lock.KeySettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What {@code millrace simulated-trainer} needs; it learns at temperature 1. */
public record SimulatedTrainerSettings(
        Step step,

        @Setting(defaultValue = "http://127.0.0.1:9400", help = "Base address of the trainer consumer")
        String trainerUrl,

        KeySettings key,

        @Setting(
                defaultValue = Setting.REQUIRED,
                range = "0 or more steps",
                help = "Steps to train; 0 trains until stopped")
        long steps,

        @Setting(
                name = "engine-url",
                defaultValue = "",
                help = "Engine to tell each new weight version, before the step is acknowledged; may be repeated")
        List<String> engineUrls,

        @Setting(defaultValue = "1", range = "1 to 1000000 steps", help = "Steps per weight update")
        int stepsPerVersion,

        @Setting(
                defaultValue = "false",
                help = "Let engines abort what they generate at each new weight version, as SGLang does by default")
        boolean abortOnUpdate,

        @Setting(
                defaultValue = "false",
                help =
                        "Update as trainers do that move weights: the run is told, engines are paused and abort what they"
                                + " generate, get the new version, and go on")
        boolean pauseOnUpdate,

        @Setting(
                defaultValue = "0",
                range = "0 to 1000000 steps",
                help =
                        "Begin as from a checkpoint so many steps older than the run: a new lineage; 0 goes on where it is")
        int resumeBack,

        @Setting(
                defaultValue = "replay",
                help = "resume-back: replay asks for the recorded batches again, fresh for new ones")
        ResumeMode resumeMode,

        @Setting(
                defaultValue = "false",
                help =
                        "Count the weight versions from 1 again, as trainers do that keep no count; with pause-on-update")
        boolean versionRestart,

        @Setting(
                defaultValue = "false",
                help =
                        "Really train the stand-in engine's policy (its --policy true): a GRPO update each step, pushed to"
                                + " the engines by pause, update from disk and continue")
        boolean learn,

        @Setting(
                defaultValue = ".millrace/weights",
                help = "learn: folder of the weights, which engines read too; the newest in it are gone on with")
        Path weightsDir,

        @Setting(defaultValue = "60", range = "0 to 1000000", help = "learn: step of the gradient ascent")
        double learningRate,

        @Setting(
                defaultValue = "0.2",
                range = "0 to 1",
                help = "learn: how far a probability ratio may leave 1 before its sample stops pushing")
        double clip,

        @Setting(help = "File for the report, JSON; replaced as a whole after each step") @Nullable
        Path reportFile,

        @Setting(
                help = "File that every batch received and every acknowledgement is added to, JSON lines; each is on"
                        + " disk before training goes on")
        @Nullable
        Path journalFile,

        @Setting(
                defaultValue = "60s",
                range = "0s to 24h",
                help = "How long the trainer consumer or an engine may be out of reach before this gives up")
        Duration retryLimit) {
    /**
     * What a simulated trainer makes of a step.
     */
    public record Step(
            @Setting(defaultValue = "32", range = "1 to 65536 groups", help = "Groups of one step")
            int batchGroups,

            @Setting(defaultValue = "8", range = "1 to 4096 samples", help = "Samples of one group")
            int samplesPerGroup,

            @Setting(defaultValue = "1s", range = "0s to 24h", help = "How long the training of one step takes")
            Duration trainTime) {}

    /** Which batches a trainer wants that begins from an older checkpoint. */
    public enum ResumeMode {
        REPLAY,
        FRESH;

        /** As the trainer consumer takes it. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public SimulatedTrainerSettings {
        engineUrls = List.copyOf(engineUrls);
        checkUrl("--trainer-url", trainerUrl.replaceFirst("^https:", "http:"));
        engineUrls.forEach(url -> checkUrl("--engine-url", url));
    }

    private static void checkUrl(String flag, String url) {
        if (!url.matches("http://[^/:@?#\\s]+(:[0-9]{1,5})?(/\\S*)?")) {
            throw new SettingException(flag + " must be http://host:port, was '" + url + "'");
        }
    }
}
