package io.millrace.sandbox.engine.model;

import io.millrace.common.config.Setting;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Everything that can be set on a stand-in engine. */
public record EngineSettings(
        @Setting(defaultValue = "sglang", help = "Whose HTTP dialect the engine speaks")
        Dialect dialect,

        @Setting(
                defaultValue = "true",
                help = "vllm: whether /inference is open, as with vLLM's --enable-scale-out; closed it answers 403")
        boolean scaleOut,

        @Setting(name = "engine-host", defaultValue = "127.0.0.1", help = "Address the engine listens on")
        String host,

        @Setting(
                name = "engine-port",
                defaultValue = "30000",
                range = "0 to 65535",
                help = "Port the engine listens on; 0 takes a free one and logs it")
        int port,

        @Setting(defaultValue = "millrace-toy", help = "What the engine calls its model")
        String modelName,

        @Setting(name = "engine-seed", defaultValue = "1", help = "Decides every answer")
        long seed,

        @Setting(defaultValue = "0.5", range = "0 to 1", help = "Share of right answers for prompts found in --answers")
        double rightShare,

        @Setting(
                name = "filler-median",
                defaultValue = "64",
                range = "0 to 1000000 tokens",
                help = "Median of the log-normal length of the reasoning before an answer")
        double fillerMedianTokens,

        @Setting(defaultValue = "0.8", range = "0 to 3", help = "Sigma of that length")
        double fillerSigma,

        @Setting(
                defaultValue = "false",
                help =
                        "Answer by a small policy with weights of its own, which POST /update_weights_from_disk replaces,"
                                + " instead of by a script")
        boolean policy,

        @Setting(
                defaultValue = "w1",
                help =
                        "Model of response times: w1 draws the benchmark workload W1, lognormal a median and sigma, tokens"
                                + " takes the same time for each token")
        Latency latency,

        @Setting(defaultValue = "1", help = "Decides every response time")
        long latencySeed,

        @Setting(
                name = "mean-group-time",
                defaultValue = "2s",
                range = "0s to 24h",
                help = "w1: mean time of a group of 8 samples, its slowest sample's")
        Duration latencyMeanGroup,

        @Setting(
                defaultValue = "1s",
                range = "0s to 24h",
                help = "lognormal: median time of a request; 0s answers at once")
        Duration latencyMedian,

        @Setting(defaultValue = "0.6", range = "0 to 3", help = "lognormal: its sigma; 0 is a constant time")
        double latencySigma,

        @Setting(defaultValue = "10ms", range = "0s to 1m", help = "tokens: time of one token")
        Duration tokenTime,

        @Setting(
                defaultValue = "spans",
                help = "What the engine tells of its weight versions: spans over the tokens of each answer, scalar (the"
                        + " one at the end of each answer, as older engines do), asked (nothing in answers, but when asked)"
                        + " or none")
        VersionShape versionShape,

        @Setting(defaultValue = "256", range = "1 to 100000 requests", help = "Requests generating at a time")
        int maxRunning,

        @Setting(
                defaultValue = "1024",
                range = "0 to 1000000 requests",
                help = "Requests waiting beyond those; more are refused with 503, in vllm's dialect never")
        int maxQueued,

        @Setting(
                name = "context-length",
                defaultValue = "32768",
                range = "16 to 10000000 tokens",
                help = "Prompt and answer together")
        int contextLengthTokens,

        @Setting(
                defaultValue = "1000000",
                range = "1 to 100000000 requests",
                help = "Requests the ledger remembers; later ones are only counted")
        int ledgerRequestsMax,

        @Setting(
                defaultValue = "0",
                range = "0 to 1000 layers",
                help = "Layers of experts that the model pretends to have: answers bring routed_experts where they are"
                        + " asked for (vllm: always); 0 for none")
        int expertLayers,

        @Setting(defaultValue = "8", range = "1 to 100000 experts", help = "Experts that each layer routes a token to")
        int expertTopk,

        @Setting(help = "File that gets a JSON line for each request that has ended; an existing one is continued")
        @Nullable
        Path ledgerFile,

        @Setting(help = "JSONL with prompts and labels; without it no answer is right on purpose") @Nullable
        Path answers) {
    /** Engines that can be stood in for. */
    public enum Dialect {
        SGLANG,
        VLLM
    }

    /** Models of response times. */
    public enum Latency {
        W1,
        LOGNORMAL,
        TOKENS
    }

    /** What is told of weight versions, each telling less than the one before. */
    public enum VersionShape {
        SPANS,
        SCALAR,
        ASKED,
        NONE
    }

    /** A duration in seconds, with its fraction. */
    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
