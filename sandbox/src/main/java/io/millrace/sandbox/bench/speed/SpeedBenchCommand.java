package io.millrace.sandbox.bench.speed;

import io.millrace.common.cli.Command;
import io.millrace.common.json.Json;
import io.millrace.sandbox.trainer.WholeFile;
import java.util.List;

/** {@code millrace bench}: what Millrace's own part costs beside what stands under it; {@code scripts/bench} runs it. */
public final class SpeedBenchCommand extends Command<SpeedBenchSettings> {
    public SpeedBenchCommand() {
        super(
                "bench",
                "Measures publishing, collecting, the hand-over and latency on a broker, beside raw Kafka clients.",
                SpeedBenchSettings.class);
    }

    @Override
    public int run(SpeedBenchSettings settings) throws Exception {
        Measured measured = new Measured(settings);
        for (String name : settings.only()) {
            for (int tokens : settings.lengths()) {
                switch (name) {
                    case "publish" -> new PublishBench(settings).run(tokens, measured);
                    case "collect" -> new CollectBench(settings).run(tokens, measured);
                    default -> {}
                }
            }
            int longest = settings.lengths().getLast();
            if (name.equals("hand-over")) {
                new HandOverBench(settings).run(longest, measured);
            }
            if (name.equals("latency")) {
                for (int pace : settings.paces()) {
                    new LatencyBench(settings).run(longest, pace, measured);
                }
            }
        }
        WholeFile.writeLines(
                settings.output(),
                List.of(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(measured.json())));
        return 0;
    }
}
