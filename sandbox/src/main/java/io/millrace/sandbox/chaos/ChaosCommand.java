package io.millrace.sandbox.chaos;

import io.millrace.common.cli.Command;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.common.time.Ticker;
import io.millrace.common.time.WallClock;
import io.millrace.sandbox.chaos.fleet.Links;
import io.millrace.sandbox.chaos.inject.BrokerDisk;
import io.millrace.sandbox.chaos.spec.ChaosPorts;
import io.millrace.sandbox.chaos.spec.ChaosSettings;
import io.millrace.sandbox.chaos.spec.ChaosSpecs;
import io.millrace.sandbox.chaos.spec.FaultKind;
import io.millrace.sandbox.cluster.DataFolder;
import java.time.Duration;

/** {@code millrace chaos}. */
public final class ChaosCommand extends Command<ChaosSettings> {
    /** Over all processes; each has a limit of its own. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(150);

    public ChaosCommand() {
        super(
                "chaos",
                "Runs the whole cluster, breaks it on a seeded schedule, and judges what came of it.",
                ChaosSettings.class);
    }

    @Override
    public int run(ChaosSettings settings) throws Exception {
        settings.cluster().requireUsable(new ChaosPorts(settings.basePort()).all());
        // One that was killed has left its file system mounted.
        BrokerDisk.unmountLeft(settings.cluster().dataDir());
        DataFolder folder = settings.cluster().folder("chaos", false);
        return ProcessRunner.run("chaos", STOP_LIMIT, (runner, stops) -> {
            BrokerDisk disk = BrokerDisk.mount(
                    new ChaosSpecs(settings, folder).brokerData(0),
                    settings.schedule().stream().anyMatch(fault -> fault.kind() == FaultKind.FULL_DISK));
            new ChaosRun(
                            settings,
                            folder,
                            Links.open(settings),
                            disk,
                            Ticker.system(),
                            WallClock.system(),
                            runner,
                            runner::requestStop)
                    .start("chaos", runner, stops);
        });
    }
}
