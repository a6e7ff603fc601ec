package io.millrace.sandbox.demo;

import io.millrace.common.cli.Command;
import io.millrace.common.lifecycle.ProcessRunner;
import io.millrace.sandbox.cluster.DataFolder;
import io.millrace.sandbox.demo.screen.DemoOutput;
import io.millrace.sandbox.demo.screen.LiveScreen;
import io.millrace.sandbox.demo.screen.PlainOutput;
import java.io.Console;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** {@code millrace demo}: the whole cluster on this machine. */
public final class DemoCommand extends Command<DemoSettings> {
    /** Over all processes; each has a limit of its own. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

    public DemoCommand() {
        super(
                "demo",
                "Runs the whole cluster on this machine and shows prompts turn into training batches.",
                DemoSettings.class);
    }

    /** One of the two kinds of demo. */
    @FunctionalInterface
    interface Kind {
        DemoRun make(DemoOutput output, Runnable onFinished);
    }

    @Override
    public int run(DemoSettings settings) throws Exception {
        DataFolder folder = folder(settings);
        return run(
                settings,
                (output, onFinished) ->
                        new DemoRun(settings, new DemoSpecs(settings, folder), folder, output, onFinished));
    }

    /** Made when everything that the demo needs has been looked at. */
    static DataFolder folder(DemoSettings settings) {
        settings.cluster().requireUsable(settings.ports());
        return settings.cluster().folder("demo", settings.keepData());
    }

    static int run(DemoSettings settings, Kind kind) throws Exception {
        try (DemoOutput output = output(settings.plain())) {
            return ProcessRunner.run(
                    "demo",
                    STOP_LIMIT,
                    (runner, stops) -> kind.make(output, runner::requestStop).start("demo", runner, stops));
        }
    }

    private static DemoOutput output(boolean plain) {
        // Null where JDK 25 finds no terminal; 22 to 24 gave a console that is none.
        boolean terminal = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .isPresent();
        if (!plain && terminal) {
            try {
                return new LiveScreen();
            } catch (IOException e) {
                System.err.println("no live screen: " + e.getMessage());
            }
        }
        return new PlainOutput(System.out);
    }
}
