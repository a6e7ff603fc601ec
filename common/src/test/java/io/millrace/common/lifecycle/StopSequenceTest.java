package io.millrace.common.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.testing.ManualTicker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopSequenceTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker();
    private final StopSequence stops = new StopSequence(ticker);
    private final List<String> stopped = new ArrayList<>();

    private void stage(String name, Duration takes) {
        stops.push(name, limit -> {
            stopped.add(name + " " + limit.toMillis());
            ticker.advance(takes);
        });
    }

    @Test
    void stagesStopInReverseOrderEachWithTheTimeThatIsLeft() throws Exception {
        stage("first", Duration.ofSeconds(1));
        stage("second", Duration.ofSeconds(3));
        stage("third", Duration.ofMillis(500));

        stops.stop(LIMIT);
        assertEquals(List.of("third 10000", "second 9500", "first 6500"), stopped);
    }

    @Test
    void afterTheLimitALaterStageGetsNoTimeButItsTurn() throws Exception {
        stage("first", Duration.ZERO);
        stage("slow", Duration.ofMinutes(1));

        stops.stop(LIMIT);
        assertEquals(List.of("slow 10000", "first 0"), stopped);
    }

    @Test
    void aFailedStageDoesNotKeepTheNextFromStopping() {
        IOException io = new IOException("pipe");
        IllegalStateException late = new IllegalStateException("late");
        AssertionError bug = new AssertionError("bug");
        stops.push("first", limit -> {
            throw io;
        });
        stage("second", Duration.ZERO);
        stops.push("third", limit -> {
            throw bug;
        });
        stops.push("fourth", limit -> {
            throw late;
        });

        StopSequence.StopFailedException failure =
                assertThrows(StopSequence.StopFailedException.class, () -> stops.stop(LIMIT));
        assertEquals(List.of("second 10000"), stopped);
        assertTrue(failure.getMessage().startsWith("fourth did not stop cleanly"), failure.getMessage());
        assertSame(late, failure.getCause());
        assertEquals(2, failure.getSuppressed().length);
        assertSame(bug, failure.getSuppressed()[0].getCause());
        assertTrue(failure.getSuppressed()[1].getMessage().startsWith("first did not stop cleanly"));
        assertSame(io, failure.getSuppressed()[1].getCause());
    }

    @Test
    void anInterruptIsRestoredOnlyAfterTheLastStage() {
        List<Boolean> flags = new ArrayList<>();
        stops.push("first", limit -> flags.add(Thread.currentThread().isInterrupted()));
        stops.push("second", limit -> {
            throw new InterruptedException();
        });

        assertThrows(StopSequence.StopFailedException.class, () -> stops.stop(LIMIT));
        assertEquals(List.of(false), flags, "the first stage can still wait");
        assertTrue(Thread.interrupted(), "the caller learns of it");
    }

    @Test
    void everyStageStopsOnce() throws Exception {
        stage("first", Duration.ZERO);
        stops.stop(LIMIT);
        stops.stop(LIMIT);
        assertEquals(1, stopped.size());
    }

    @Test
    void aCloseableIsAStage() throws Exception {
        stops.pushCloseable("file", () -> stopped.add("file"));
        stops.stop(LIMIT);
        assertEquals(List.of("file"), stopped);
    }
}
