package io.millrace.common.metrics.catalogue;

import io.millrace.common.metrics.catalogue.MetricSpec.Kind;
import java.util.List;

/** Makes the catalogue's entries short to write and to read. */
final class Declared {
    /** Seconds, from a request on the same host to a generation that its deadline ends. */
    private static final List<Double> DURATIONS =
            List.of(0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 7200.0, 14_400.0);

    private Declared() {}

    static MetricSpec counts(String name, String meaning, String... labels) {
        return spec(name, Kind.COUNTER, "", meaning, List.of(), labels);
    }

    static MetricSpec countsBytes(String name, String meaning, String... labels) {
        return spec(name, Kind.COUNTER, "bytes", meaning, List.of(), labels);
    }

    static MetricSpec shows(String name, String meaning, String... labels) {
        return spec(name, Kind.GAUGE, "", meaning, List.of(), labels);
    }

    static MetricSpec showsBytes(String name, String meaning, String... labels) {
        return spec(name, Kind.GAUGE, "bytes", meaning, List.of(), labels);
    }

    /** An age, or a duration that stands. */
    static MetricSpec showsSeconds(String name, String meaning, String... labels) {
        return spec(name, Kind.GAUGE, "seconds", meaning, List.of(), labels);
    }

    /** A histogram of durations, from milliseconds to hours. */
    static MetricSpec times(String name, String meaning, String... labels) {
        return spec(name, Kind.TIMER, "", meaning, DURATIONS, labels);
    }

    static MetricSpec spreads(String name, String meaning, List<Double> buckets) {
        return spec(name, Kind.SUMMARY, "", meaning, buckets);
    }

    private static MetricSpec spec(
            String name, Kind kind, String unit, String meaning, List<Double> buckets, String... labels) {
        return new MetricSpec("millrace." + name, kind, unit, List.of(labels), meaning, buckets);
    }
}
