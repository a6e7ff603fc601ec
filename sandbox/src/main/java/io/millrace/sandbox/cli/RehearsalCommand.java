package io.millrace.sandbox.cli;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.lifecycle.ProcessRunner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * {@code millrace rehearse}: run by {@code scripts/build} with {@code -XX:AOTCacheOutput}. What the JVM loads, links and
 * finds hot in this run is ready at once in every process that is started with the cache.
 */
public final class RehearsalCommand extends Command<RehearsalCommand.Settings> {
    /** What {@code millrace rehearse} needs. */
    public record Settings(
            @Setting(defaultValue = "sandbox/data/math-problems.jsonl", help = "Prompts with labels, JSON lines")
            Path dataset,

            @Setting(defaultValue = "5", range = "1 to 1000 steps", help = "Steps of 8 groups to train")
            int steps) {}

    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    public RehearsalCommand() {
        super(
                "rehearse",
                "Runs every role in one process for a few steps, to record an ahead-of-time cache.",
                Settings.class);
    }

    @Override
    public int run(Settings settings) throws Exception {
        Path folder = Files.createTempDirectory("millrace-rehearsal");
        // The broker empties its data folder as it ends.
        int code = ProcessRunner.run(
                "rehearsal", STOP_LIMIT, (runner, stops) -> new Rehearsal(settings, folder, runner, stops).start());
        Files.deleteIfExists(folder);
        return code;
    }
}
