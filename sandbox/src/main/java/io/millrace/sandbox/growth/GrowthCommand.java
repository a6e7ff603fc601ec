package io.millrace.sandbox.growth;

import io.millrace.common.cli.Command;
import io.millrace.common.json.Json;
import io.millrace.common.time.Ticker;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code millrace bench-growth}: what the pure rooms cost with much in hand, on this machine. */
public final class GrowthCommand extends Command<GrowthSettings> {
    public GrowthCommand() {
        super("bench-growth", "Measures what ledger and gate cost as what they hold grows.", GrowthSettings.class);
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
                default -> {}
            }
        }
        if (settings.jsonFile() != null) {
            Files.writeString(settings.jsonFile(), Json.MAPPER.writeValueAsString(figures) + "\n");
        }
        return 0;
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
