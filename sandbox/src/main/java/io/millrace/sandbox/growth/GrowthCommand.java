package io.millrace.sandbox.growth;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import io.millrace.common.cli.Command;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import io.millrace.sandbox.growth.fleet.FleetPlan;
import io.millrace.sandbox.growth.fleet.FleetReport;
import io.millrace.sandbox.growth.fleet.FleetRun;
import io.millrace.sandbox.growth.record.Content;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** {@code millrace bench-growth}: what the pure rooms cost with much in hand, on this machine. */
public final class GrowthCommand extends Command<GrowthSettings> {
    public GrowthCommand() {
        super(
                "bench-growth",
                "Measures what ledger and gate cost as what they hold grows, and runs a fleet in virtual time.",
                GrowthSettings.class);
    }

    @Override
    public int run(GrowthSettings settings) throws Exception {
        Stopwatch watch = new Stopwatch(Ticker.system()::nanos);
        List<Figure> figures = new ArrayList<>();
        for (String part : settings.parts()) {
            switch (part) {
                case "ledger" ->
                    settings.sizes().forEach(groups -> tell(LedgerGrowth.inFlight(groups, watch), figures));
                case "gate" ->
                    settings.sizes().forEach(groups -> tell(GateGrowth.of(groups, Content.one(), watch), figures));
                case "settled" -> tell(LedgerGrowth.afterSettling(settings.settledGroups(), watch), figures);
                case "fleet" -> tell(fleet(settings), figures);
                default -> throw new IllegalStateException("no part " + part);
            }
        }
        if (settings.jsonFile() != null) {
            Files.writeString(settings.jsonFile(), Json.MAPPER.writeValueAsString(figures) + "\n");
        }
        return 0;
    }

    private static List<Figure> fleet(GrowthSettings settings) {
        // What the processes would log of each of some million decisions is of no use here.
        ((LoggerContext) LoggerFactory.getILoggerFactory())
                .getLogger(Logger.ROOT_LOGGER_NAME)
                .setLevel(Level.ERROR);
        FleetPlan plan = FleetPlan.of(
                settings.fleetWorkers(), settings.fleetSlots(), settings.fleetSteps(), settings.fleetSeed());
        FleetReport report = FleetRun.run(plan, ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime);
        System.out.println(report);
        List<Double> nanos = report.eventNanos();
        int workers = settings.fleetWorkers();
        return List.of(
                new Figure("fleet", "an event, second tenth of the steps", workers, nanos.get(1) / 1e3, "us"),
                new Figure("fleet", "an event, last tenth of the steps", workers, nanos.getLast() / 1e3, "us"),
                new Figure("fleet", "slots busy", workers, report.busyShare(), "of 1"),
                new Figure("fleet", "groups trained", workers, report.trained(), "groups"),
                new Figure("fleet", "workers crashed or frozen", workers, report.crashes() + report.freezes(), "times"),
                new Figure("fleet", "stalest token trained on", workers, report.stalest(), "versions"));
    }

    private static void tell(List<Figure> more, List<Figure> figures) {
        figures.addAll(more);
        more.forEach(one -> System.out.println(String.format(
                Locale.ROOT,
                "%-8s %-55s %,12d %,14.2f %s",
                one.of(),
                one.what(),
                one.size(),
                one.value(),
                one.unit())));
    }
}
