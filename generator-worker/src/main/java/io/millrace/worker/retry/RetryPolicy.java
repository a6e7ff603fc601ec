package io.millrace.worker.retry;

import io.millrace.worker.engine.dialect.EngineException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * Whether and when a request that failed is made again: what cannot succeed is not; an engine that is away, restarting or
 * full is waited for while there is time; what an engine took and failed counts against a limit. Pauses double from try to
 * try up to a longest one, less a random part, so that samples that failed together do not come back together.
 *
 * <p>Pure: it neither waits nor looks at a clock.
 */
public final class RetryPolicy {
    /** The most that chance takes off a pause. */
    private static final double JITTER = 0.25;

    /** Doublings beyond this are longer than any pause may be. */
    private static final int DOUBLINGS_MAX = 30;

    private final int attemptsMax;
    private final Duration delay;
    private final Duration delayMax;
    private final DoubleSupplier random;

    /** @param random from 0 to 1 */
    public RetryPolicy(RetrySettings settings, DoubleSupplier random) {
        this.attemptsMax = settings.requestAttempts();
        this.delay = settings.retryDelay();
        this.delayMax = settings.retryDelayMax();
        this.random = random;
    }

    /**
     * How often something was asked for.
     *
     * @param failed all tries that failed, the last included
     * @param counted those of them that an engine took and failed
     */
    public record Tries(int failed, int counted) {
        public static final Tries NONE = new Tries(0, 0);

        /** With one more. */
        public Tries and(EngineException failure) {
            return new Tries(failed + 1, counted + (failure.kind().counted() ? 1 : 0));
        }
    }

    /**
     * What becomes of a request after a failure.
     *
     * @param tries the failed one included
     * @param timeLeft of the attempt; zero or less when there is none
     * @return how long to wait before the next try; empty to give up
     */
    public Optional<Duration> decide(EngineException failure, Tries tries, Duration timeLeft) {
        if (!failure.kind().retryable() || tries.counted() >= attemptsMax || !timeLeft.isPositive()) {
            return Optional.empty();
        }
        Duration asked = failure.retryAfter();
        Duration pause = pause(tries.failed());
        return Optional.of(asked == null ? pause : shorter(asked.plus(pause), delayMax));
    }

    /**
     * The pause after so many tries in a row that came to nothing; never above the longest.
     *
     * @param failed 1 or more
     */
    public Duration pause(int failed) {
        Duration grown = delay.multipliedBy(1L << Math.min(DOUBLINGS_MAX, failed - 1));
        long nanos = shorter(grown, delayMax).toNanos();
        return Duration.ofNanos(nanos - (long) (nanos * JITTER * random.getAsDouble()));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
