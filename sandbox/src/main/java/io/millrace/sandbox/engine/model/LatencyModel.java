package io.millrace.sandbox.engine.model;

/** How long the request with a given ordinal runs, from the moment it gets a slot. Pure and immutable. */
public sealed interface LatencyModel {
    /**
     * Seconds, 0 or more.
     *
     * @param ordinal of the request among the admitted ones, from 0
     * @param tokens how many it generates when nothing cuts it off
     */
    double seconds(long ordinal, int tokens);

    /**
     * Workload W1: log-normal with sigma 0.6, scaled so that a group of 8 takes {@code meanGroupSeconds} on average.
     * Sample j of group g is ordinal 8g+j, so a caller that sends whole groups in order meets exactly the published
     * latencies.
     */
    record W1(long seed, double meanGroupSeconds) implements LatencyModel {
        /** Expectation of the largest of 8 log-normal(0, 0.6) draws. */
        private static final double MEAN_OF_LARGEST_OF_8 = 2.5123;

        private static final double SIGMA = 0.6;

        @Override
        public double seconds(long ordinal, int tokens) {
            return meanGroupSeconds / MEAN_OF_LARGEST_OF_8 * Math.exp(SIGMA * Draws.normal(seed, ordinal));
        }
    }

    /** Log-normal around a median; sigma 0 is a constant, median 0 answers at once. */
    record LogNormal(long seed, double medianSeconds, double sigma) implements LatencyModel {
        @Override
        public double seconds(long ordinal, int tokens) {
            return medianSeconds == 0 ? 0 : medianSeconds * Math.exp(sigma * Draws.normal(seed, ordinal));
        }
    }

    /** As a real engine: the same time for each token, so that long answers are the slow ones. */
    record PerToken(double tokenSeconds) implements LatencyModel {
        @Override
        public double seconds(long ordinal, int tokens) {
            return tokens * tokenSeconds;
        }
    }

    /** The model the settings ask for. */
    static LatencyModel of(EngineSettings settings) {
        return switch (settings.latency()) {
            case W1 -> new W1(settings.latencySeed(), EngineSettings.seconds(settings.latencyMeanGroup()));
            case LOGNORMAL ->
                new LogNormal(
                        settings.latencySeed(),
                        EngineSettings.seconds(settings.latencyMedian()),
                        settings.latencySigma());
            case TOKENS -> new PerToken(EngineSettings.seconds(settings.tokenTime()));
        };
    }
}
