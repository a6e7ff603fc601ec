package io.millrace.worker.attempt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.Policy;
import io.millrace.common.record.VersionWords;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.common.testing.ManualTicker;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.VersionWord;
import io.millrace.worker.weights.EngineVersions;
import io.millrace.worker.weights.WeightsGate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightVersionsTest {
    private static final WeightVersion ISSUE = new WeightVersion(3);

    @Test
    void theEnginesSpansAreBest() {
        WeightVersions versions =
                versions("5", List.of(new Generation.Span("4", 0, 1), new Generation.Span("5", 1, 2)));
        assertEquals(SpanProvenance.SPANS, versions.provenance());
        assertEquals(
                List.of(new VersionSpan(new WeightVersion(4), 0, 1), new VersionSpan(new WeightVersion(5), 1, 2)),
                versions.spans());
        assertEquals(List.of("5"), versions.words());
    }

    @Test
    void oneVersionCoversTheWholeResponse() {
        WeightVersions versions = versions("5", List.of());
        assertEquals(SpanProvenance.SINGLE, versions.provenance());
        assertEquals(List.of(new VersionSpan(new WeightVersion(5), 0, 2)), versions.spans());
    }

    @Test
    void aWordThatIsNoNumberFallsBackToTheIssueVersion() {
        WeightVersions versions = versions("default", List.of());
        assertEquals(SpanProvenance.ISSUE, versions.provenance());
        assertEquals(List.of(new VersionSpan(ISSUE, 0, 2)), versions.spans());
        assertEquals(List.of("default"), versions.words());
        assertEquals(
                SpanProvenance.ISSUE,
                versions("7", List.of(new Generation.Span("default", 0, 2))).provenance());
    }

    @Test
    void anEngineThatTellsNothingFallsBackToTheIssueVersion() {
        assertEquals(List.of("3"), versions(null, List.of()).words());
    }

    @ParameterizedTest
    @CsvSource({
        "4, 5, 4, 5", // updated in between
        "5, 5, 5, 5",
        "5, 4, 4, 4", // back to an older checkpoint
        "4, , 4, 4" // silent in its answers
    })
    void ofTheVersionsBeforeAndAfterTheOlderCounts(String before, String after, long counts, String word) {
        WeightVersions versions = versions(before, after, List.of());
        assertEquals(SpanProvenance.BRACKETED, versions.provenance());
        assertEquals(List.of(new VersionSpan(new WeightVersion(counts), 0, 2)), versions.spans());
        assertEquals(List.of(word), versions.words());
    }

    @Test
    void spansAreNotWeakenedByWhatWasKnownBefore() {
        WeightVersions versions = versions("1", "5", List.of(new Generation.Span("5", 0, 2)));
        assertEquals(SpanProvenance.SPANS, versions.provenance());
        assertEquals(List.of(new VersionSpan(new WeightVersion(5), 0, 2)), versions.spans());
    }

    @Test
    void aWordBeforeThatIsNoNumberBracketsNothing() {
        assertEquals(SpanProvenance.SINGLE, versions("default", "5", List.of()).provenance());
        assertEquals(SpanProvenance.ISSUE, versions("5", "default", List.of()).provenance());
        assertEquals(SpanProvenance.ISSUE, versions("default", null, List.of()).provenance());
    }

    private static WeightVersions versions(String word, List<Generation.Span> spans) {
        return versions(null, word, spans);
    }

    private static WeightVersions versions(String before, String word, List<Generation.Span> spans) {
        return WeightVersions.of(
                new Generation(
                        "ab", new int[] {1, 2}, new float[] {-1, -1}, Generation.Finish.STOP, 0, word, spans, null),
                before,
                ISSUE,
                VersionWord::number);
    }

    @Test
    void theWordsAreTheTrainersAlsoWhereTheEngineTellsNone() {
        WeightsGate gate = new WeightsGate(Duration.ofMinutes(1), new ManualTicker());
        gate.news(new Policy(
                new Lineage(1), new WeightVersion(9), 0, Policy.State.READY, 0, new VersionWords(8, true, false, 8)));
        WeightVersions versions = WeightVersions.of(
                new Generation("ab", new int[2], new float[2], Generation.Finish.STOP, 0, null, List.of(), null),
                null,
                new WeightVersion(9),
                new EngineVersions(gate, new SimpleMeterRegistry()));
        assertEquals(List.of("1"), versions.words());
        assertEquals(List.of(new VersionSpan(new WeightVersion(9), 0, 2)), versions.spans());
    }
}
