package io.millrace.worker.retry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.retry.RetryPolicy.Tries;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RetryPolicyTest {
    private static final Duration DELAY = Duration.ofMillis(250);
    private static final Duration DELAY_MAX = Duration.ofSeconds(15);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int ATTEMPTS_MAX = 3;

    private static RetryPolicy policy(double random) {
        return new RetryPolicy(new RetrySettings(HOUR, ATTEMPTS_MAX, DELAY, DELAY_MAX), () -> random);
    }

    private static EngineException failure(Kind kind, @Nullable Duration retryAfter) {
        return new EngineException(kind, "told to fail", retryAfter, null);
    }

    /** How many tries are made while the same failure comes each time; 100 when there is no end. */
    private static int tries(Kind kind) {
        Tries tries = Tries.NONE;
        for (int made = 1; made < 100; made++) {
            tries = tries.and(failure(kind, null));
            if (policy(0).decide(failure(kind, null), tries, HOUR).isEmpty()) {
                return made;
            }
        }
        return 100;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void eachKindIsTriedAsOftenAsItMayHelp(Kind kind) {
        int expected = switch (kind) {
            case REFUSED, ABORTED -> 1;
            case FAILED, TIMED_OUT, MALFORMED -> ATTEMPTS_MAX;
            case UNREACHABLE, OVERLOADED -> 100;
        };
        assertEquals(expected, tries(kind));
    }

    @Test
    void whatAnEngineTookAndFailedCountsHoweverOftenItWasAwayBetween() {
        Tries tries = Tries.NONE;
        for (int i = 0; i < 50; i++) {
            tries = tries.and(failure(Kind.UNREACHABLE, null));
        }
        for (int i = 1; i < ATTEMPTS_MAX; i++) {
            tries = tries.and(failure(Kind.FAILED, null));
            assertTrue(policy(0).decide(failure(Kind.FAILED, null), tries, HOUR).isPresent());
        }
        tries = tries.and(failure(Kind.FAILED, null));
        assertEquals(Optional.empty(), policy(0).decide(failure(Kind.FAILED, null), tries, HOUR));
    }

    @Test
    void withoutTimeNothingIsTriedAgain() {
        EngineException away = failure(Kind.UNREACHABLE, null);
        Tries once = Tries.NONE.and(away);
        assertTrue(policy(0).decide(away, once, Duration.ofNanos(1)).isPresent());
        assertEquals(Optional.empty(), policy(0).decide(away, once, Duration.ZERO));
        assertEquals(Optional.empty(), policy(0).decide(away, once, Duration.ofSeconds(-5)));
    }

    @Test
    void pausesDoubleUpToTheLongest() {
        for (int failed = 1; failed <= 6; failed++) {
            assertEquals(DELAY.multipliedBy(1L << (failed - 1)), policy(0).pause(failed));
        }
        assertEquals(DELAY_MAX, policy(0).pause(7));
        assertEquals(DELAY_MAX, policy(0).pause(1_000_000));
    }

    @Test
    void whatTheEngineAsksForComesOnTop() {
        EngineException full = failure(Kind.OVERLOADED, Duration.ofSeconds(2));
        assertEquals(Optional.of(Duration.ofMillis(2_250)), policy(0).decide(full, Tries.NONE.and(full), HOUR));
    }

    @Test
    void noPauseIsLongerThanTheLongestNorShorterThanThreeQuartersOfItsOwn() {
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            Duration delay = Duration.ofMillis(1 + random.nextInt(600_000));
            Duration delayMax = delay.plusMillis(random.nextInt(600_000));
            RetryPolicy policy =
                    new RetryPolicy(new RetrySettings(Duration.ofHours(24), 1000, delay, delayMax), random::nextDouble);
            Duration asked = random.nextBoolean() ? null : Duration.ofSeconds(random.nextInt(2_000));
            EngineException failure = failure(Kind.OVERLOADED, asked);
            int failed = 1 + random.nextInt(2_000);
            Duration pause = policy.decide(failure, new Tries(failed, 0), HOUR).orElseThrow();
            assertTrue(pause.compareTo(delayMax) <= 0, () -> pause + " above " + delayMax);
            Duration least = asked != null && asked.compareTo(delayMax) >= 0
                    ? delayMax
                    : delay.multipliedBy(3).dividedBy(4);
            assertTrue(pause.compareTo(least) >= 0, () -> pause + " below " + least);
        }
    }
}
