package io.millrace.sandbox.model;

import io.millrace.common.config.Setting;
import io.millrace.sandbox.model.role.Bounds;
import io.millrace.sandbox.model.role.Mutation;

/** What {@code millrace explore} needs. */
public record ExploreSettings(
        Bounds bounds,

        @Setting(
                name = "search",
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
                name = "states-max",
                defaultValue = "1000000",
                min = "1",
                max = "100000000",
                unit = "states",
                help = "With search all: it ends with so many; each takes about 300 bytes of memory")
        int statesMax,

        @Setting(
                name = "walk-seed",
                defaultValue = "1",
                min = "0",
                max = "1000000000000",
                help = "With search random: of the first walk; each walk has the next one")
        long seed,

        @Setting(
                name = "walks",
                defaultValue = "1000",
                min = "1",
                max = "1000000000",
                unit = "walks",
                help = "With search random: how many")
        int walks,

        @Setting(
                name = "walk-events",
                defaultValue = "400",
                min = "1",
                max = "1000000",
                unit = "events",
                help =
                        "With search random: after so many nothing more goes wrong, and the walk ends when nothing happens")
        int walkEvents) {

    /** How states are chosen. */
    public enum Search {
        ALL,
        RANDOM
    }
}
