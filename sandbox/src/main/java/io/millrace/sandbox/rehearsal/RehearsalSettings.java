package io.millrace.sandbox.rehearsal;

import io.millrace.common.config.Setting;
import java.nio.file.Path;

/** What {@code millrace rehearse} needs. */
public record RehearsalSettings(
        @Setting(
                name = "dataset",
                defaultValue = "sandbox/data/math-problems.jsonl",
                help = "Prompts with labels, JSON lines")
        Path dataset,

        @Setting(
                name = "steps",
                defaultValue = "5",
                min = "1",
                max = "1000",
                unit = "steps",
                help = "Steps of 8 groups to train")
        int steps) {}
