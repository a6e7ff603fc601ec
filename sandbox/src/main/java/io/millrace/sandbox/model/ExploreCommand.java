package io.millrace.sandbox.model;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import io.millrace.common.cli.Command;
import io.millrace.common.time.Ticker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code millrace explore}: ends with 1 when an invariant does not hold, after the way there. */
public final class ExploreCommand extends Command<ExploreSettings> {
    public ExploreCommand() {
        super(
                "explore",
                "Searches the states of a small run, made of the processes' own classes, for one where an invariant fails.",
                ExploreSettings.class);
    }

    @Override
    public int run(ExploreSettings settings) {
        quiet();
        Exploration found = switch (settings.search()) {
            case ALL ->
                new Explorer(settings.bounds(), settings.mutation(), settings.statesMax(), Ticker.system()).run();
            case RANDOM ->
                new RandomWalks(
                                settings.bounds(),
                                settings.mutation(),
                                settings.walkEvents(),
                                settings.statesMax(),
                                Ticker.system())
                        .run(settings.seed(), settings.walks());
        };
        System.out.println(settings.bounds());
        System.out.println(found);
        if (found.counterExample() == null) {
            return 0;
        }
        System.out.println(found.counterExample());
        return 1;
    }

    /** What the processes would log of each of some million decisions is of no use here. */
    static void quiet() {
        ((LoggerContext) LoggerFactory.getILoggerFactory())
                .getLogger(Logger.ROOT_LOGGER_NAME)
                .setLevel(Level.ERROR);
    }
}
