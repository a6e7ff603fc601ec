package io.millrace.worker.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.common.record.SamplingParams;
import io.millrace.common.testing.ManualTicker;
import io.millrace.worker.engine.EngineException.Kind;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is known of an engine's version when a request leaves. */
class EnginePoolTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final TestingEngine engine = new TestingEngine();
    private final EnginePool pool = new EnginePool(List.of("http://engine"), engine, new ManualTicker(), Duration.ZERO);

    private EnginePool.Made generate() throws Exception {
        GenerateRequest request = new GenerateRequest("rid", new int[] {1}, null, SamplingParams.defaults(16));
        return pool.generate(request, LIMIT, new HashSet<>());
    }

    private static Generation told(String version) {
        return new Generation("", new int[2], new float[2], Generation.Finish.STOP, 1, 0, version, List.of(), null);
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
}
