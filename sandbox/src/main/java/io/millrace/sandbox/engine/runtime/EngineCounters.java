package io.millrace.sandbox.engine.runtime;

import io.millrace.common.time.Ticker;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Requests and tokens since start; read by metrics and load reports. Thread-safe. */
public final class EngineCounters {
    public final LongAdder promptTokens = new LongAdder();
    public final LongAdder generationTokens = new LongAdder();
    public final LongAdder requests = new LongAdder();
    public final LongAdder aborted = new LongAdder();
    public final LongAdder rejected = new LongAdder();
    /** Prompt tokens of the requests that run now. */
    public final AtomicLong tokensInUse = new AtomicLong();

    public final Throughput throughput;

    EngineCounters(Ticker ticker) {
        throughput = new Throughput(ticker);
    }
}
