package io.millrace.sandbox.demo;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The demo with a real engine and a real trainer.
 *
 * @param demo of its settings those of the stand-in engine mean nothing here
 */
public record RealDemoSettings(
        @Setting.Preset({
            "run=real",
            "steps=60",
            "batch-groups=16",
            "slots=32",
            "learn=true",
            "dataset=examples/tiny-grpo/sums.jsonl",
            "data-dir=.millrace/demo-real"
        })
        DemoSettings demo,

        @Setting(defaultValue = "scripts/real-engine", help = "Starts the engine")
        Path engineProgram,

        @Setting(defaultValue = "scripts/tiny-grpo", help = "Starts the trainer")
        Path trainerProgram,

        @Setting(
                defaultValue = "0",
                range = "0 or more steps",
                help = "After so many steps kill the engine and start it again; 0 for never")
        long killEngineAt,

        @Setting(
                defaultValue = "0",
                range = "0 or more steps",
                help = "After so many steps kill the first worker and start it again; 0 for never")
        long killWorkerAt) {
    /** The name of the trainer's process. */
    static final String TRAINER = "grpo-trainer";

    /** @throws SettingException when a program is not there */
    void requireUsable() {
        for (Path program : new Path[] {engineProgram, trainerProgram}) {
            if (!Files.isExecutable(program)) {
                throw new SettingException(program + " is no program here: run the demo in the folder of Millrace");
            }
        }
    }
}
