package io.millrace.common.metrics.catalogue;

import java.util.List;
import java.util.Set;

/**
 * What a metric is.
 *
 * @param name in words with dots, as the meter registry wants it, without the unit; Prometheus' name is {@link
 *     #prometheusName}
 * @param kind decides the name's ending too
 * @param unit a base unit such as {@code bytes}, which becomes part of the name; empty for numbers of things, for ratios
 *     and for timers, whose unit is the second
 * @param labels keys in words with dots, each with few values
 * @param meaning one sentence without a full stop, for people who operate a run
 * @param buckets upper bounds of a histogram, ascending, in the unit (seconds for a timer); empty for the other kinds
 */
public record MetricSpec(
        String name, Kind kind, String unit, List<String> labels, String meaning, List<Double> buckets) {
    /** What a metric may be. */
    public enum Kind {
        COUNTER("counter", "_total"),
        GAUGE("gauge", ""),
        TIMER("histogram", "_seconds"),
        SUMMARY("histogram", "");

        private final String word;
        private final String ending;

        Kind(String word, String ending) {
            this.word = word;
            this.ending = ending;
        }

        /** As Prometheus calls it. */
        public String word() {
            return word;
        }
    }

    /** Endings that Prometheus gives by kind; as a part of a name they would stand there twice or lie. */
    private static final Set<String> RESERVED = Set.of("total", "seconds", "count", "sum", "bucket", "max", "info");

    public MetricSpec {
        labels = List.copyOf(labels);
        buckets = List.copyOf(buckets);
        if (!name.matches("millrace(\\.[a-z0-9]+)+")
                || RESERVED.contains(name.substring(name.lastIndexOf('.') + 1))
                || meaning.isBlank()
                || meaning.endsWith(".")
                || buckets.isEmpty() != (kind == Kind.COUNTER || kind == Kind.GAUGE)) {
            throw new IllegalArgumentException("no metric is described by " + name + ", " + kind + ", " + meaning);
        }
    }

    /** The name in Prometheus' text, such as {@code millrace_worker_claims_total}. */
    public String prometheusName() {
        String words = name.replace('.', '_');
        String suffix = "_" + unit;
        String withUnit = unit.isEmpty() || words.endsWith(suffix) ? words : words + suffix;
        return withUnit + kind.ending;
    }

    /** The labels as Prometheus shows them. */
    public List<String> prometheusLabels() {
        return labels.stream().map(label -> label.replace('.', '_')).toList();
    }
}
