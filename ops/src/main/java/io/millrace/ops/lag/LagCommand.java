package io.millrace.ops.lag;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.ops.cluster.RunClients;
import java.io.PrintStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code millrace lag}: how far each stage of a run is behind. */
public final class LagCommand extends Command<LagCommand.Settings> {
    private final PrintStream out;

    public LagCommand() {
        this(System.out);
    }

    /** @param out where the answer goes */
    public LagCommand(PrintStream out) {
        super(
                "lag",
                "Shows queue depth, groups in flight, results waiting, workers and the trainer of a run.",
                Settings.class);
        this.out = out;
    }

    /**
     * What the command takes.
     *
     * @param watch time between two readings; null for one only
     */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(defaultValue = "false", help = "Print one JSON object instead of tables")
            boolean json,

            @Setting(range = "200ms to 1h", help = "Read again and again, this long after each reading, until stopped")
            @Nullable
            Duration watch,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-lag")) {
            LagReader lags = new LagReader(run);
            print(settings, lags.read());
            Duration watch = settings.watch();
            while (watch != null) {
                // The interval that the user asked for.
                Thread.sleep(watch);
                if (!settings.json()) {
                    out.println();
                }
                print(settings, lags.read());
            }
            return 0;
        }
    }

    private void print(Settings settings, Lag lag) {
        if (settings.json()) {
            out.println(Json.MAPPER.writeValueAsString(LagView.of(lag)));
        } else {
            LagView.lines(lag).forEach(out::println);
        }
    }
}
