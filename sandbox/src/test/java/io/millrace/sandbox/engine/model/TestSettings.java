package io.millrace.sandbox.engine.model;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Engine settings of tests: a constant latency of 10 s unless set otherwise. */
public final class TestSettings {
    public double rightShare = 0.5;
    double fillerMedianTokens = 40;
    public Duration latencyMedian = Duration.ofSeconds(10);
    EngineSettings.Latency latency = EngineSettings.Latency.LOGNORMAL;
    boolean policy;
    public int maxRunning = 4;
    public int maxQueued = 4;
    public int contextLengthTokens = 1024;
    int ledgerRequestsMax = 1000;

    @Nullable
    Path ledgerFile;

    @Nullable
    public Path answers;

    public EngineSettings build() {
        return new EngineSettings(
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
                Duration.ofMillis(10),
                EngineSettings.VersionShape.SPANS,
                maxRunning,
                maxQueued,
                contextLengthTokens,
                ledgerRequestsMax,
                ledgerFile,
                answers);
    }
}
