package io.millrace.sandbox.bench;

import io.millrace.common.config.Command;
import io.millrace.common.config.SettingException;
import io.millrace.common.lifecycle.OwnerLoop;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.cluster.Ports;
import io.millrace.sandbox.cluster.RunLogging;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code millrace bench-staleness}: what a bound on staleness costs, and what keeping it by throwing away costs. */
public final class StalenessBenchCommand implements Command<StalenessBenchSettings> {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(150);

    @Override
    public String name() {
        return "bench-staleness";
    }

    @Override
    public String description() {
        return "Measures throughput, staleness, discards and length bias for bounds on staleness, on this machine.";
    }

    @Override
    public Class<StalenessBenchSettings> settings() {
        return StalenessBenchSettings.class;
    }

    @Override
    public int run(StalenessBenchSettings settings) throws Exception {
        if (!Files.isReadable(settings.dataset())) {
            throw new SettingException("--dataset: cannot read " + settings.dataset());
        }
        Map<String, Integer> ports = new LinkedHashMap<>();
        for (int i = 0; i < 5; i++) {
            ports.put("--base-port + " + i, settings.basePort() + i);
        }
        Ports.requireFree(ports, DataFolder.pids(settings.dataDir()));
        DataFolder folder = DataFolder.prepare(settings.dataDir(), "bench-staleness", false);
        RunLogging.toFile(folder.log("bench-staleness"));
        System.out.print(StalenessBench.header());
        return ProcessRunner.run("bench-staleness", STOP_LIMIT, (runner, stops) -> {
            StalenessBench bench = new StalenessBench(settings, folder, Ticker.system(), runner::requestStop);
            OwnerLoop loop = new OwnerLoop("bench-staleness", bench, runner);
            stops.push("bench-staleness", limit -> {
                loop.stop(limit);
                bench.checkEnds();
            });
            loop.start();
        });
    }
}
