package io.millrace.sandbox.engine;

import io.millrace.common.time.Ticker;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Requests and tokens since start; read by metrics and load reports. Thread-safe. */
final class EngineCounters {
    final LongAdder promptTokens = new LongAdder();
    final LongAdder generationTokens = new LongAdder();
    final LongAdder requests = new LongAdder();
    final LongAdder aborted = new LongAdder();
    final LongAdder rejected = new LongAdder();
    /** Prompt tokens of the requests that run now. */
    final AtomicLong tokensInUse = new AtomicLong();

    final Throughput throughput;

    EngineCounters(Ticker ticker) {
        throughput = new Throughput(ticker);
    }
}
