package io.millrace.sandbox.cli;

import io.millrace.common.config.Setting;
import java.nio.file.Path;

/** What {@code millrace rehearse} needs. */
public record RehearsalSettings(
        @Setting(defaultValue = "sandbox/data/math-problems.jsonl", help = "Prompts with labels, JSON lines")
        Path dataset,

        @Setting(defaultValue = "5", range = "1 to 1000 steps", help = "Steps of 8 groups to train")
        int steps) {}
