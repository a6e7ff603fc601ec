package io.millrace.sandbox.engine;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set on a stand-in engine.
 *
 * @param host address to listen on
 * @param port port to listen on, 0 for any free one
 * @param modelName what the engine calls its model
 * @param seed decides every answer
 * @param rightShare share of answers that are right, 0 to 1, for prompts found in {@code answers}
 * @param fillerMedianTokens median of the log-normal length of the reasoning before the answer, tokens
 * @param fillerSigma sigma of that length
 * @param latency {@code w1} or {@code lognormal}
 * @param latencySeed decides every latency
 * @param latencyMeanGroup w1: mean time of a group of 8
 * @param latencyMedian lognormal: median time of a request
 * @param latencySigma lognormal: its sigma, 0 for a constant
 * @param maxRunning requests generating at a time
 * @param maxQueued requests waiting beyond those; more are refused with 503
 * @param contextLengthTokens prompt and answer together
 * @param ledgerRequestsMax requests the ledger remembers; later ones are only counted
 * @param answers JSONL with prompts and labels; without it no answer is right on purpose
 */
public record EngineSettings(
        String host,
        int port,
        String modelName,
        long seed,
        double rightShare,
        double fillerMedianTokens,
        double fillerSigma,
        String latency,
        long latencySeed,
        Duration latencyMeanGroup,
        Duration latencyMedian,
        double latencySigma,
        int maxRunning,
        int maxQueued,
        int contextLengthTokens,
        int ledgerRequestsMax,
        @Nullable Path answers) {
    /** Latency of workload W1. */
    public static final String LATENCY_W1 = "w1";
    /** Latency log-normal around a median. */
    public static final String LATENCY_LOGNORMAL = "lognormal";

    private static final Duration LONGEST = Duration.ofHours(24);

    public EngineSettings {
        check(!host.isBlank(), "host", "an address", host);
        check(port >= 0 && port <= 65_535, "port", "0 to 65535", port);
        check(!modelName.isBlank(), "modelName", "a name", modelName);
        check(rightShare >= 0 && rightShare <= 1, "rightShare", "0 to 1", rightShare);
        check(
                fillerMedianTokens >= 0 && fillerMedianTokens <= 1e6,
                "fillerMedianTokens",
                "0 to 1000000 tokens",
                fillerMedianTokens);
        check(fillerSigma >= 0 && fillerSigma <= 3, "fillerSigma", "0 to 3", fillerSigma);
        check(
                latency.equals(LATENCY_W1) || latency.equals(LATENCY_LOGNORMAL),
                "latency",
                LATENCY_W1 + " or " + LATENCY_LOGNORMAL,
                latency);
        checkDuration(latencyMeanGroup, "latencyMeanGroup");
        checkDuration(latencyMedian, "latencyMedian");
        check(latencySigma >= 0 && latencySigma <= 3, "latencySigma", "0 to 3", latencySigma);
        check(maxRunning >= 1 && maxRunning <= 100_000, "maxRunning", "1 to 100000 requests", maxRunning);
        check(maxQueued >= 0 && maxQueued <= 1_000_000, "maxQueued", "0 to 1000000 requests", maxQueued);
        check(
                contextLengthTokens >= 16 && contextLengthTokens <= 10_000_000,
                "contextLengthTokens",
                "16 to 10000000 tokens",
                contextLengthTokens);
        check(
                ledgerRequestsMax >= 1 && ledgerRequestsMax <= 100_000_000,
                "ledgerRequestsMax",
                "1 to 100000000 requests",
                ledgerRequestsMax);
    }

    /** On any free port of this machine, W1 at a mean group time of 2 s, 256 running and 1024 waiting. */
    public static EngineSettings defaults() {
        return new EngineSettings(
                "127.0.0.1",
                0,
                "millrace-toy",
                1,
                0.5,
                64,
                0.8,
                LATENCY_W1,
                1,
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                0.6,
                256,
                1024,
                32_768,
                1_000_000,
                null);
    }

    /** A duration in seconds, with its fraction. */
    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static void checkDuration(Duration value, String key) {
        check(!value.isNegative() && value.compareTo(LONGEST) <= 0, key, "0 s to 24 h", value);
    }

    private static void check(boolean holds, String key, String range, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(key + " must be " + range + ", was " + value);
        }
    }
}
