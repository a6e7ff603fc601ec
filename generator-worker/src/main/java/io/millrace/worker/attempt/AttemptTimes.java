package io.millrace.worker.attempt;

import io.millrace.common.rollout.SampleTiming;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * When each sample of an attempt came how far, by the monotonic clock. Kept as numbers, so that a step of a sample
 * allocates nothing. Not thread-safe: the attempt's.
 */
public final class AttemptTimes {
    private static final long NEVER = Long.MIN_VALUE;

    private final long claimedNanos;
    private final long[] started;
    private final long[] firstToken;
    private final long[] ended;
    private final long[] judged;

    AttemptTimes(long claimedNanos, int samples) {
        this.claimedNanos = claimedNanos;
        this.started = never(samples);
        this.firstToken = never(samples);
        this.ended = never(samples);
        this.judged = never(samples);
    }

    private static long[] never(int samples) {
        long[] times = new long[samples];
        Arrays.fill(times, NEVER);
        return times;
    }

    /** A sample has its slot. */
    public void started(int sample, long nanos) {
        started[sample] = nanos;
    }

    /** Its engine made a token then, the first that is known of. */
    public void token(int sample, long nanos) {
        if (firstToken[sample] == NEVER) {
            firstToken[sample] = nanos;
        }
    }

    /** Its generation is over, however it ended. */
    public void ended(int sample, long nanos) {
        ended[sample] = nanos;
    }

    /** It has its reward. */
    void judged(int sample, long nanos) {
        judged[sample] = nanos;
    }

    /** Of the samples that had a slot in this attempt. */
    public List<SampleTiming> timings() {
        return IntStream.range(0, started.length)
                .filter(sample -> started[sample] != NEVER)
                .mapToObj(sample -> new SampleTiming(
                        sample,
                        Math.max(0, millis(started[sample])),
                        told(firstToken[sample]),
                        told(ended[sample]),
                        told(judged[sample])))
                .toList();
    }

    private @Nullable Long told(long nanos) {
        return nanos == NEVER ? null : (Long) millis(nanos);
    }

    private long millis(long nanos) {
        return (nanos - claimedNanos) / 1_000_000;
    }
}
