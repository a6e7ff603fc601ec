package io.millrace.sandbox.bench.speed;

import io.millrace.common.json.Json;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What was measured: of each benchmark the arms, of each arm its figures, of each figure a value a round. One thread. */
final class Measured {
    private final SpeedBenchSettings settings;
    private final Map<String, Map<String, Map<String, List<Double>>>> values = new LinkedHashMap<>();

    Measured(SpeedBenchSettings settings) {
        this.settings = settings;
    }

    /**
     * One way to do what is measured.
     *
     * @param round does it once and returns its figures by name; the unit is the name's last words
     */
    record Arm(String name, Callable<Map<String, Double>> round) {}

    /** Makes what the arms of one round are run on; closed after them. */
    interface Ground<G extends Closeable> {
        G make() throws Exception;
    }

    /**
     * Every arm in turn, round after round; the first rounds warm up and are not kept.
     *
     * @param arms the first is what the others are compared with
     */
    <G extends Closeable> void rounds(String benchmark, Ground<G> ground, Function<G, List<Arm>> arms)
            throws Exception {
        for (int round = 1 - settings.warmUp(); round <= settings.rounds(); round++) {
            try (G here = ground.make()) {
                for (Arm arm : arms.apply(here)) {
                    Map<String, Double> figures;
                    try (var _ = Profile.of(settings.profileFolder(), benchmark, arm.name())) {
                        figures = arm.round().call();
                    }
                    if (round > 0) {
                        add(benchmark, arm.name(), figures);
                    }
                }
            }
        }
    }

    void add(String benchmark, String arm, Map<String, Double> round) {
        Map<String, List<Double>> figures = values.computeIfAbsent(benchmark, name -> new LinkedHashMap<>())
                .computeIfAbsent(arm, name -> new LinkedHashMap<>());
        round.forEach((name, value) ->
                figures.computeIfAbsent(name, key -> new ArrayList<>()).add(value));
        StringBuilder line = new StringBuilder(benchmark + ", " + arm + ":");
        round.forEach((name, value) -> line.append(' ').append(name).append(' ').append(rounded(value)));
        System.out.println(line);
    }

    ObjectNode json() {
        ObjectNode json = Json.object();
        values.forEach((benchmark, arms) -> {
            ObjectNode ofBenchmark = json.putObject(benchmark);
            arms.forEach((arm, figures) -> {
                ObjectNode ofArm = ofBenchmark.putObject(arm);
                figures.forEach((name, rounds) -> {
                    ArrayNode figure = ofArm.putArray(name);
                    rounds.forEach(value -> figure.add(rounded(value)));
                });
            });
        });
        return json;
    }

    /** To four digits. */
    private static double rounded(double value) {
        if (value == 0 || !Double.isFinite(value)) {
            return value;
        }
        double unit = Math.pow(10, 3 - Math.floor(Math.log10(Math.abs(value))));
        return Math.round(value * unit) / unit;
    }

    /** The value below which this share of the values is. */
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[Math.min(sorted.length - 1, (int) (share * sorted.length))];
    }
}
