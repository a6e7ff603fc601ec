package io.millrace.sandbox.engine.model;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Engine settings of tests: a constant latency of 10 s unless set otherwise. */
public final class TestSettings {
    public EngineSettings.Dialect dialect = EngineSettings.Dialect.SGLANG;
    public boolean scaleOut = true;
    public double rightShare = 0.5;
    public double fillerMedianTokens = 40;
    public Duration latencyMedian = Duration.ofSeconds(10);
    public EngineSettings.Latency latency = EngineSettings.Latency.LOGNORMAL;
    public Duration tokenTime = Duration.ofMillis(10);
    boolean policy;
    public int maxRunning = 4;
    public int maxQueued = 4;
    public int contextLengthTokens = 1024;
    int ledgerRequestsMax = 1000;
    public int expertLayers;
    public int expertTopk = 8;

    @Nullable
    Path ledgerFile;

    @Nullable
    public Path answers;

    public EngineSettings build() {
        return new EngineSettings(
                dialect,
                scaleOut,
                "127.0.0.1",
                0,
                "toy",
                7,
                rightShare,
                fillerMedianTokens,
                0.5,
                policy,
                latency,
                1,
                Duration.ofSeconds(2),
                latencyMedian,
                0,
                tokenTime,
                EngineSettings.VersionShape.SPANS,
                maxRunning,
                maxQueued,
                contextLengthTokens,
                ledgerRequestsMax,
                expertLayers,
                expertTopk,
                ledgerFile,
                answers);
    }
}
