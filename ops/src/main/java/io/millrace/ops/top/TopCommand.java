package io.millrace.ops.top;

import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.time.Ticker;
import io.millrace.ops.cluster.RunClients;
import io.millrace.ops.screen.Glyphs;
import io.millrace.trainer.observe.follow.RunFollower;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;

/** {@code millrace top}: a screen of the run, as the page shows it; printed once where there is no terminal. */
public final class TopCommand extends Command<TopCommand.Settings> {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);
    private static final int RECORD_BYTES = 16 << 20;
    private static final String CLIENT = "millrace-top";

    /** How soon keys and another size of the window show. */
    private static final long LOOK_MS = 100;

    private static final int PLAIN_WIDTH = 120;

    private final PrintStream out;

    public TopCommand() {
        this(System.out);
    }

    /** @param out where the screen is printed when there is no terminal */
    public TopCommand(PrintStream out) {
        super(
                "top",
                "Shows a run on the terminal while it goes on: flow, workers, engines, steps, drops.",
                Settings.class);
        this.out = out;
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run")
            RunId run,

            @Setting(
                    defaultValue = "false",
                    help = "Print one screen and end, as is done anyway where there is no terminal")
            boolean once,

            KafkaSettings kafka) {}

    @Override
    public int run(Settings settings) throws Exception {
        // Refuses a run that there is not, by the names of those that there are.
        RunClients.open(settings.kafka(), settings.run(), CLIENT).close();
        KafkaClients clients = new KafkaClients(settings.kafka(), RECORD_BYTES);
        try (Admin admin = clients.admin(CLIENT)) {
            RunFollower follower =
                    RunFollower.start(settings.run(), clients, CLIENT, admin, LIMIT, Ticker.system(), Optional::empty);
            try {
                RunFollower.Numbered first = first(follower);
                if (settings.once() || !isTerminal()) {
                    Panes.plain(seen(follower, first), PLAIN_WIDTH, Glyphs.of(out.charset()))
                            .forEach(out::println);
                    out.flush();
                } else {
                    watch(follower, first);
                }
            } finally {
                follower.stop(STOP_LIMIT);
            }
        }
        return 0;
    }

    private static boolean isTerminal() {
        return Objects.requireNonNull(System.console()).isTerminal();
    }

    /** With all that stood on the topics. */
    private static RunFollower.Numbered first(RunFollower follower) throws InterruptedException {
        long number = 0;
        long limitNanos = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < limitNanos && !follower.isEnded()) {
            Optional<RunFollower.Numbered> next = follower.after(number, Duration.ofSeconds(1));
            if (next.isPresent()) {
                number = next.get().number();
                if (next.get().view().caughtUp()) {
                    return next.get();
                }
            }
        }
        throw new SettingException("the run could not be read within " + LIMIT.toSeconds() + " s"
                + (follower.failure() == null ? "" : ": " + follower.failure()));
    }

    private static Seen seen(RunFollower follower, RunFollower.Numbered numbered) {
        return Seen.of(numbered.view(), numbered.quietMs(), follower.failure());
    }

    private static void watch(RunFollower follower, RunFollower.Numbered first) throws IOException {
        TopScreen screen = TopScreen.open();
        Thread hook = Thread.ofPlatform().name("top-screen").unstarted(screen::close);
        Runtime.getRuntime().addShutdownHook(hook);
        try (screen) {
            TopState state = TopState.START;
            RunFollower.Numbered shown = first;
            boolean draw = true;
            while (true) {
                if (draw || screen.resized()) {
                    screen.draw(seen(follower, shown), state);
                }
                TopState.Key key = screen.key(LOOK_MS);
                if (key == TopState.Key.QUIT) {
                    return;
                }
                RunFollower.Numbered newest = follower.newest().orElse(shown);
                draw = key != null || newest.number() != shown.number() || follower.failure() != null;
                shown = newest;
                if (key != null) {
                    state = state.after(key, Panes.page(screen.height()));
                }
            }
        }
    }
}
