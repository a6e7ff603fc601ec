package io.millrace.worker.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.rollout.SampleHeader.SpecInfo;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.Generation.Finish;
import io.millrace.worker.engine.dialect.VersionWord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SampleSoFarTest {
    private static final WeightVersion ISSUED = new WeightVersion(3);
    private static final SamplingParams PARAMS = SamplingParams.defaults(1000);

    private static Generation piece(
            int[] tokens, float[] logProbs, Finish finish, String word, List<Generation.Span> spans) {
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append((char) ('a' + token % 26));
        }
        return new Generation(text.toString(), tokens, logProbs, finish, 5, 4, word, spans, new SpecInfo(1, 2, 3, 4));
    }

    /** The versions of tokens from..to, as an engine tells them of one request. */
    private static List<Generation.Span> spans(long[] versions, int from, int to) {
        List<Generation.Span> spans = new ArrayList<>();
        for (int i = from; i < to; i++) {
            String word = Long.toString(versions[i]);
            if (!spans.isEmpty() && spans.getLast().version().equals(word)) {
                Generation.Span last = spans.removeLast();
                spans.add(new Generation.Span(word, last.start(), i + 1 - from));
            } else {
                spans.add(new Generation.Span(word, i - from, i + 1 - from));
            }
        }
        return spans;
    }

    @Test
    void whereverItIsCutTheJoinedSampleIsTheUncutOne() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            int length = 1 + random.nextInt(60);
            int[] tokens = random.ints(length, 0, 1000).toArray();
            float[] logProbs = new float[length];
            long[] versions = new long[length];
            long version = 4;
            for (int i = 0; i < length; i++) {
                logProbs[i] = -random.nextFloat();
                versions[i] = version += random.nextInt(8) == 0 ? 1 : 0;
            }
            SampleSoFar whole = new SampleSoFar(ISSUED);
            whole.add(
                    piece(tokens, logProbs, Finish.STOP, "9", spans(versions, 0, length)),
                    "http://e",
                    null,
                    VersionWord::number);
            SampleSoFar cut = new SampleSoFar(ISSUED);
            int at = 0;
            while (at < length) {
                assertArrayEquals(Arrays.copyOf(tokens, at), cut.prefix(new int[0]));
                int next = Math.min(length, at + random.nextInt(12));
                cut.add(
                        piece(
                                Arrays.copyOfRange(tokens, at, next),
                                Arrays.copyOfRange(logProbs, at, next),
                                next == length ? Finish.STOP : Finish.ABORT,
                                "9",
                                spans(versions, at, next)),
                        "http://e",
                        null,
                        VersionWord::number);
                at = next;
                if (random.nextInt(3) == 0) {
                    // As if another worker went on with it.
                    cut = SampleSoFar.of(cut.header(0, 0), cut.prefix(new int[0]), cut.logProbs(), ISSUED);
                }
                assertEquals(at == length, cut.isThrough(PARAMS));
                assertEquals(at, cut.length());
            }
            Generation joined = cut.joined(PARAMS);
            Generation uncut = whole.joined(PARAMS);
            assertArrayEquals(uncut.tokens(), joined.tokens());
            assertArrayEquals(uncut.logProbs(), joined.logProbs());
            assertEquals(uncut.text(), joined.text());
            assertEquals(uncut.finish(), joined.finish());
            assertEquals(whole.versions().spans(), cut.versions().spans(), "seed " + seed);
            assertEquals(SpanProvenance.SPANS, cut.versions().provenance());
        }
    }

    @Test
    void oldTokensKeepTheirVersionAndTheWorstProvenanceHolds() {
        SampleSoFar sample = new SampleSoFar(ISSUED);
        sample.add(
                piece(new int[] {1, 2}, new float[2], Finish.ABORT, "5", List.of(new Generation.Span("5", 0, 2))),
                "http://e",
                null,
                VersionWord::number);
        sample.add(
                piece(new int[] {3}, new float[1], Finish.ABORT, "6", List.of()),
                "http://e",
                null,
                VersionWord::number);
        sample.add(
                piece(new int[] {4}, new float[1], Finish.STOP, "6", List.of()), "http://e", null, VersionWord::number);
        assertEquals(
                List.of(new VersionSpan(new WeightVersion(5), 0, 2), new VersionSpan(new WeightVersion(6), 2, 4)),
                sample.versions().spans());
        assertEquals(SpanProvenance.SINGLE, sample.versions().provenance());
        assertEquals(List.of("5", "6", "6"), sample.versions().words());
        assertEquals(new SpecInfo(3, 6, 9, 12), sample.joined(PARAMS).spec());
        assertEquals(4, sample.joined(PARAMS).cachedTokens(), "the prompt's, not those of its own prefix");
    }

    @Test
    void aPieceIsBracketedByItself() {
        SampleSoFar sample = new SampleSoFar(ISSUED);
        sample.add(
                piece(new int[] {1}, new float[1], Finish.ABORT, "5", List.of(new Generation.Span("5", 0, 1))),
                "http://e",
                "4",
                VersionWord::number);
        sample.add(
                piece(new int[] {2, 3}, new float[2], Finish.STOP, "7", List.of()),
                "http://e",
                "6",
                VersionWord::number);
        assertEquals(
                List.of(new VersionSpan(new WeightVersion(5), 0, 1), new VersionSpan(new WeightVersion(6), 1, 3)),
                sample.versions().spans());
        assertEquals(SpanProvenance.BRACKETED, sample.versions().provenance());
        assertEquals(List.of("5", "7"), sample.versions().words());
    }

    @Test
    void anAbortOfTheLastTokenOfTheBudgetIsAnEndByLength() {
        SamplingParams two = SamplingParams.defaults(2);
        SampleSoFar sample = new SampleSoFar(ISSUED);
        sample.add(
                piece(new int[] {1}, new float[1], Finish.ABORT, "5", List.of()),
                "http://e",
                null,
                VersionWord::number);
        assertFalse(sample.isFull(two));
        sample.add(
                piece(new int[] {2}, new float[1], Finish.ABORT, "5", List.of()),
                "http://e",
                null,
                VersionWord::number);
        assertTrue(sample.isFull(two));
        assertEquals(Finish.LENGTH, sample.joined(two).finish());
    }
}
