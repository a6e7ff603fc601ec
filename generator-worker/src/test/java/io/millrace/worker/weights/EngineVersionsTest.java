package io.millrace.worker.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.VersionWords;
import io.millrace.common.testing.ManualTicker;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class EngineVersionsTest {
    private final WeightsGate gate = new WeightsGate(Duration.ofMinutes(1), new ManualTicker());
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final EngineVersions versions = new EngineVersions(gate, registry);

    private void at(long version, VersionWords words) {
        gate.news(new Policy(new Lineage(1), new WeightVersion(version), 0, Policy.State.READY, 0, words));
    }

    private double unread() {
        return registry.get("millrace.worker.version.words.unread").counter().count();
    }

    @Test
    void anEngineNamedByADateTellsNoVersion() {
        at(3, VersionWords.SAME);
        assertEquals(OptionalLong.empty(), versions.version("20261124"));
        assertEquals(0, unread(), "the reading alone counts nothing");
        versions.answered("20261124");
        versions.answered("20261124");
        assertEquals(2, unread());
        assertEquals(OptionalLong.of(11), versions.version("11"));
        assertEquals(OptionalLong.empty(), versions.version("12"));
        assertEquals(OptionalLong.empty(), versions.version("default"));
        assertEquals(OptionalLong.empty(), versions.version(null));
        versions.answered("11");
        versions.answered("12");
        versions.answered("default");
        versions.answered(null);
        assertEquals(3, unread(), "what is no number has never been a version");
    }

    @Test
    void wordsAreReadByTheOffsetOfTheNewestLineage() {
        at(9, new VersionWords(8, true, false, 8));
        assertEquals(OptionalLong.of(9), versions.version("1"));
        assertEquals(OptionalLong.of(8), versions.version("0"));
        at(9, new VersionWords(-41, true, false, 8));
        assertEquals(OptionalLong.of(9), versions.version("50"));
        assertEquals(OptionalLong.empty(), versions.version("30"), "before this trainer's first");
    }

    @Test
    void aWordSaidBeforeTheCountBeganAnewIsOfTheCountBefore() {
        gate.news(new Policy(new Lineage(0), new WeightVersion(9), 0, Policy.State.READY, 0));
        at(9, new VersionWords(8, true, false, 8));
        assertEquals(OptionalLong.of(9), versions.version("9"));
        assertEquals(OptionalLong.of(9), versions.version("1"));
        assertEquals(OptionalLong.of(10), versions.version("2"));
    }

    @Test
    void inALineageThatIsNotConfirmedAHighWordIsOfTheFutureThatWasGivenUp() {
        at(3, VersionWords.SAME.unconfirmed(0));
        assertEquals(OptionalLong.of(40), versions.version("40"));
    }
}
