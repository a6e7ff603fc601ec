package io.millrace.trainer.observe;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Figures over time, or over steps, in fixed memory: the newest ones each by itself, older ones as means of ever wider
 * stretches. Not thread-safe.
 */
public final class Series {
    private final List<String> names;
    private final int capacity;
    private final List<Tier> tiers = new ArrayList<>();

    /**
     * @param capacity points of each resolution
     * @param widths of the stretches that a point is the mean of, in units of x, ascending
     * @param names of the figures
     */
    public Series(int capacity, long[] widths, String... names) {
        this.capacity = capacity;
        this.names = List.of(names);
        for (long width : widths) {
            tiers.add(new Tier(width));
        }
    }

    /**
     * Points of one resolution.
     *
     * @param width units of x that a point stands for
     * @param x begin of each point's stretch, ascending
     * @param values by name, each as long as {@code x}; null where there was none
     */
    public record Points(long width, List<Long> x, Map<String, List<@Nullable Double>> values) {}

    /** How many resolutions there are. */
    public int tiers() {
        return tiers.size();
    }

    /**
     * Adds a point; what stands at this x or behind it is dropped first, so that a step that is trained again replaces
     * what it was.
     *
     * @param values in the order of the names; NaN for none
     */
    public void add(long x, double... values) {
        if (values.length != names.size()) {
            throw new IllegalArgumentException("the figures are " + names + ", not " + values.length);
        }
        tiers.forEach(tier -> tier.add(x, values));
    }

    /** @param tier 0 for the finest */
    public Points points(int tier) {
        Tier of = tiers.get(tier);
        List<Long> x = of.points.stream().map(point -> point.begin).toList();
        Map<String, List<@Nullable Double>> values = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            List<@Nullable Double> line = new ArrayList<>(x.size());
            for (Point point : of.points) {
                line.add(point.mean(i));
            }
            values.put(names.get(i), line);
        }
        return new Points(of.width, x, values);
    }

    private final class Tier {
        final long width;
        final Deque<Point> points = new ArrayDeque<>();

        Tier(long width) {
            this.width = width;
        }

        void add(long x, double[] values) {
            long begin = Math.floorDiv(x, width) * width;
            while (!points.isEmpty() && points.getLast().begin > begin) {
                points.removeLast();
            }
            if (!points.isEmpty() && points.getLast().begin == begin && width == 1) {
                points.removeLast();
            }
            if (points.isEmpty() || points.getLast().begin < begin) {
                points.add(new Point(begin, names.size()));
            }
            points.getLast().add(values);
            if (points.size() > capacity) {
                points.removeFirst();
            }
        }
    }

    private static final class Point {
        final long begin;
        final double[] sums;
        final int[] counts;

        Point(long begin, int names) {
            this.begin = begin;
            this.sums = new double[names];
            this.counts = new int[names];
        }

        void add(double[] values) {
            for (int i = 0; i < values.length; i++) {
                if (!Double.isNaN(values[i])) {
                    sums[i] += values[i];
                    counts[i]++;
                }
            }
        }

        @Nullable
        Double mean(int i) {
            return counts[i] == 0 ? null : sums[i] / counts[i];
        }

        @Override
        public String toString() {
            return begin + " " + Arrays.toString(sums);
        }
    }
}
