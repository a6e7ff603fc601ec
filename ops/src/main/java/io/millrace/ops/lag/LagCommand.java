package io.millrace.ops.lag;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import io.millrace.common.json.Json;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.screen.StandingScreen;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
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
                "Shows queue depth, groups in flight, results waiting, ages, pace, workers and the trainer of a run.",
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

            @Setting(
                    range = "200ms to 1h",
                    help =
                            "Read again and again, this long after each reading, until stopped; a terminal is drawn in place")
            @Nullable
            Duration watch,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        try (RunClients run = RunClients.open(settings.kafka(), settings.run(), "millrace-lag")) {
            LagReader lags = new LagReader(run);
            Duration watch = settings.watch();
            Optional<StandingScreen> screen =
                    watch == null || settings.json() ? Optional.empty() : StandingScreen.open();
            try {
                print(settings, screen, lags.read());
                while (watch != null) {
                    // The interval that the user asked for.
                    Thread.sleep(watch);
                    if (!settings.json() && screen.isEmpty()) {
                        out.println();
                    }
                    print(settings, screen, lags.read());
                }
            } finally {
                screen.ifPresent(StandingScreen::close);
            }
            return 0;
        }
    }

    private void print(Settings settings, Optional<StandingScreen> screen, Lag lag) {
        if (settings.json()) {
            out.println(Json.MAPPER.writeValueAsString(LagView.of(lag)));
        } else if (screen.isPresent()) {
            screen.get().show(LagView.lines(lag));
        } else {
            LagView.lines(lag).forEach(out::println);
        }
    }
}
