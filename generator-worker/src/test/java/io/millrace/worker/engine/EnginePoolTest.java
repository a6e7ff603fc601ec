package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.testing.ManualTicker;
import io.millrace.common.time.Ticker;
import io.millrace.worker.engine.dialect.EngineException;
import io.millrace.worker.engine.dialect.EngineException.Kind;
import io.millrace.worker.engine.dialect.GenerateRequest;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.TestingEngine;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.weights.EngineVersions;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is known of an engine's version when a request leaves. */
@Timeout(60)
class EnginePoolTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final TestingEngine engine = new TestingEngine();
    private final EnginePool pool = new EnginePool(
            List.of("http://engine"), engine, VersionWord::number, Ticker.system(), Duration.ZERO, LIMIT);

    private EnginePool.Answer generate() throws Exception {
        return generate(pool, 0);
    }

    private static EnginePool.Answer generate(EnginePool pool, long leastVersion) throws Exception {
        GenerateRequest request =
                new GenerateRequest("rid", "session", new int[] {1}, null, SamplingParams.defaults(16), 0, 0);
        return pool.generate(request, new WeightVersion(leastVersion), LIMIT, new HashSet<>());
    }

    private static Generation told(String version) {
        return new Generation("", new int[2], new float[2], Generation.Finish.STOP, 0, version, List.of(), null);
    }

    @Test
    void anEngineOfWhichNothingIsKnownIsAskedBeforeTheRequestLeaves() throws Exception {
        engine.serves("3").then(() -> {
            engine.serves("4");
            return told("4");
        });
        assertEquals("3", generate().versionBefore());
        assertEquals("4", generate().versionBefore(), "what the answer before told");
    }

    @Test
    void whatItSaidLastHolds() throws Exception {
        engine.serves("3");
        pool.askVersions();
        engine.serves("5");
        assertEquals("3", generate().versionBefore());
        pool.askVersions();
        assertEquals("5", generate().versionBefore());
        assertEquals("0", pool.statuses().getFirst().weightVersion());
    }

    @Test
    void anEngineThatTellsNoVersionIsNotAskedWithEveryRequest() throws Exception {
        engine.then(() -> told(null)).then(() -> told(null));
        assertNull(generate().versionBefore());
        engine.serves("3");
        assertNull(generate().versionBefore());
        pool.askVersions();
        assertEquals("3", generate().versionBefore());
    }

    @Test
    void whatAnEngineSaidBeforeItWasAwayIsForgotten() throws Exception {
        engine.serves("9");
        pool.askVersions();
        engine.thenFails(Kind.UNREACHABLE);
        assertThrows(EngineException.class, this::generate);
        engine.serves("2");
        assertEquals("2", generate().versionBefore());
        engine.failsWhenAsked(Kind.UNREACHABLE);
        pool.askVersions();
        assertNull(generate().versionBefore(), "the request goes out all the same");
    }

    @Test
    void aTaskWaitsUntilAnEngineHasTheWeightsItWasIssuedAt() throws Exception {
        engine.serves("4");
        pool.askVersions();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EnginePool.Answer> made = threads.submit(() -> generate(pool, 5));
            // Comes back as soon as the request waits.
            pool.awaitCurious(Duration.ofHours(1));
            assertEquals(List.of(), engine.rids());
            engine.serves("5");
            pool.askVersions();
            assertEquals("5", made.get().versionBefore());
        }
        assertEquals(0, pool.requestsBehind());
        assertEquals(0, pool.waitingForWeights());
    }

    @Test
    void whatWasWaitedForInVainIsNotWaitedForAgain() throws Exception {
        ManualTicker ticker = new ManualTicker();
        EnginePool impatient = new EnginePool(
                List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ofMillis(1));
        engine.serves("4");
        impatient.askVersions();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EnginePool.Answer> made = threads.submit(() -> generate(impatient, 5));
            impatient.awaitCurious(Duration.ofHours(1));
            ticker.advance(Duration.ofMillis(1));
            assertEquals("4", made.get().versionBefore());
        }
        assertEquals(1, impatient.requestsBehind());
        engine.serves("4");
        impatient.askVersions();
        // Time stands still: it would wait for ever.
        generate(impatient, 5);
        assertEquals(2, impatient.requestsBehind());
    }

    @Test
    void whatWasWaitedForInVainInOneLineageIsWaitedForAfterAResume() throws Exception {
        ManualTicker ticker = new ManualTicker();
        EnginePool impatient = new EnginePool(
                List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ofMillis(1));
        engine.serves("4");
        impatient.askVersions();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EnginePool.Answer> made = threads.submit(() -> generate(impatient, 50));
            impatient.awaitCurious(Duration.ofHours(1));
            ticker.advance(Duration.ofMillis(1));
            assertEquals("4", made.get().versionBefore());
            // The run has resumed at an older checkpoint.
            Future<EnginePool.Answer> resumed = threads.submit(() -> generate(impatient, 11));
            while (impatient.waitingForWeights() == 0 && !resumed.isDone()) {
                Thread.onSpinWait();
            }
            engine.serves("11");
            impatient.askVersions();
            assertEquals("11", resumed.get().versionBefore());
        }
    }

    private static void generateInVain(EnginePool impatient, ManualTicker ticker, long leastVersion) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EnginePool.Answer> made = threads.submit(() -> generate(impatient, leastVersion));
            while (impatient.waitingForWeights() == 0 && !made.isDone()) {
                Thread.onSpinWait();
            }
            ticker.advance(Duration.ofMillis(1));
            made.get();
        }
    }

    /** An engine's answer tells version 0; what it serves is told anew before each request. */
    private void serves(EnginePool impatient, String version) throws Exception {
        engine.serves(version);
        impatient.askVersions();
    }

    @Test
    void eachVersionThatWasWaitedForInVainIsWaitedForOnceHoweverTheyAlternate() throws Exception {
        ManualTicker ticker = new ManualTicker();
        EnginePool impatient = new EnginePool(
                List.of("http://engine"), engine, VersionWord::number, ticker, Duration.ZERO, Duration.ofMillis(1));
        serves(impatient, "4");
        generateInVain(impatient, ticker, 5);
        serves(impatient, "4");
        generateInVain(impatient, ticker, 6);
        // Time stands still: what waits now would wait for ever.
        for (long version : new long[] {5, 6, 5}) {
            serves(impatient, "4");
            generate(impatient, version);
        }
        assertEquals(5, impatient.requestsBehind());
    }

    @Test
    void aVersionThatWasWaitedForInVainIsWaitedForAgainInAnotherLineage() throws Exception {
        ManualTicker ticker = new ManualTicker();
        WeightsGate gate = new WeightsGate(Duration.ofHours(1), ticker);
        EnginePool impatient = new EnginePool(
                List.of("http://engine"),
                engine,
                new EngineVersions(gate, new SimpleMeterRegistry()),
                ticker,
                Duration.ZERO,
                Duration.ofMillis(1));
        serves(impatient, "0");
        generateInVain(impatient, ticker, 5);
        gate.news(new Policy(new Lineage(1), new WeightVersion(4), 0, Policy.State.READY, 0));
        serves(impatient, "0");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EnginePool.Answer> made = threads.submit(() -> generate(impatient, 5));
            while (impatient.waitingForWeights() == 0 && !made.isDone()) {
                Thread.onSpinWait();
            }
            serves(impatient, "5");
            assertEquals("5", made.get().versionBefore());
        }
        assertEquals(1, impatient.requestsBehind());
    }
}
