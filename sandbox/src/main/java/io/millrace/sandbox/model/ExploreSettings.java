package io.millrace.sandbox.model;

import io.millrace.common.config.Setting;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Mutation;

/** What {@code millrace explore} needs. */
public record ExploreSettings(
        Bounds bounds,

        @Setting(
                defaultValue = "all",
                help =
                        "all tries every order of events and finds a shortest counter-example; random walks through a world"
                                + " that is too large for that, by a seed")
        Search search,

        @Setting(
                name = "take-out",
                defaultValue = "none",
                help = "A rule that is taken out, to see that the search finds what it is there for")
        Mutation mutation,

        @Setting(
                defaultValue = "1000000",
                range = "1 to 100000000 states",
                help = "With search all: it ends with so many; each takes about 300 bytes of memory")
        int statesMax,

        @Setting(
                name = "walk-seed",
                defaultValue = "1",
                range = "0 to 1000000000000",
                help = "With search random: of the first walk; each walk has the next one")
        long seed,

        @Setting(defaultValue = "1000", range = "1 to 1000000000 walks", help = "With search random: how many")
        int walks,

        @Setting(
                defaultValue = "400",
                range = "1 to 1000000 events",
                help =
                        "With search random: after so many nothing more goes wrong, and the walk ends when nothing happens")
        int walkEvents) {

    /** How states are chosen. */
    public enum Search {
        ALL,
        RANDOM
    }
}
