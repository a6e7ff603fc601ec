package io.millrace.sandbox.bench;

import io.millrace.common.cli.Command;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.cluster.DataFolder;
import java.time.Duration;

/** {@code millrace bench-staleness}: what a bound on staleness costs, and what keeping it by throwing away costs. */
public final class StalenessBenchCommand extends Command<StalenessBenchSettings> {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(150);

    public StalenessBenchCommand() {
        super(
                "bench-staleness",
                "Measures throughput, staleness, discards and length bias for bounds on staleness, on this machine.",
                StalenessBenchSettings.class);
    }

    @Override
    public int run(StalenessBenchSettings settings) throws Exception {
        settings.cluster().requireUsable(settings.ports());
        DataFolder folder = settings.cluster().folder("bench-staleness", false);
        return ProcessRunner.run(
                "bench-staleness",
                STOP_LIMIT,
                (runner, stops) -> new StalenessBench(settings, folder, Ticker.system(), runner::requestStop)
                        .start("bench-staleness", runner, stops));
    }
}
