package io.millrace.worker.attempt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleHeader.SpecInfo;
import io.millrace.common.rollout.SampleStatus;
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

class SampleTest {
    /** Of 1000 tokens at most, issued at version 3. */
    private static final TrainingTask TASK = task(1000);

    private static TrainingTask task(int maxNewTokens) {
        return new TrainingTask(
                new GroupIndex(5),
                new Attempt(1),
                1,
                new Lineage(0),
                new WeightVersion(3),
                0,
                new Prompt.Text("1 + 1 = ?"),
                "2",
                Json.object(),
                SamplingParams.defaults(maxNewTokens),
                new TrainingTask.Source("fp", 0, 0, 1),
                null,
                null,
                null);
    }

    private static SampleHeader scored(Sample sample) {
        return sample.through(0, new int[0]).rewarded(Reward.of(1), 0).header();
    }

    private static Generation piece(
            int[] tokens, float[] logProbs, Finish finish, String word, List<Generation.Span> spans) {
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append((char) ('a' + token % 26));
        }
        return new Generation(text.toString(), tokens, logProbs, finish, 4, word, spans, new SpecInfo(1, 2, 3, 4));
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
            Sample whole = new Sample(TASK);
            whole.add(
                    piece(tokens, logProbs, Finish.STOP, "9", spans(versions, 0, length)),
                    "http://e",
                    null,
                    VersionWord::number);
            Sample cut = new Sample(TASK);
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
                    cut = Sample.of(cut.unfinished(0, new int[0]), TASK);
                }
                assertEquals(at == length, cut.isThrough());
                assertEquals(at, cut.length());
            }
            assertArrayEquals(whole.prefix(new int[0]), cut.prefix(new int[0]));
            assertArrayEquals(whole.turn().logProbs(), cut.turn().logProbs());
            SampleHeader joined = scored(cut);
            SampleHeader uncut = scored(whole);
            assertEquals(uncut.response(), joined.response());
            assertEquals(uncut.finishReason(), joined.finishReason());
            assertEquals(uncut.weightVersions(), joined.weightVersions(), "seed " + seed);
            assertEquals(SpanProvenance.SPANS, joined.provenance());
        }
    }

    @Test
    void whoGoesOnKeepsTheNameThatGatewaysKnow() {
        Sample begun = new Sample(TASK);
        Sample goneOn = Sample.of(begun.unfinished(0, new int[0]), TASK);
        assertEquals(begun.session(), begun.unfinished(0, new int[0]).header().sessionId());
        assertEquals(begun.session(), goneOn.session());
        assertNotEquals(begun.session(), new Sample(TASK).session());
    }

    @Test
    void oldTokensKeepTheirVersionAndTheWorstProvenanceHolds() {
        Sample sample = new Sample(TASK);
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
                scored(sample).weightVersions());
        assertEquals(SpanProvenance.SINGLE, scored(sample).provenance());
        assertEquals(List.of("5", "6", "6"), scored(sample).engineWeightVersions());
        assertEquals(new SpecInfo(3, 6, 9, 12), scored(sample).spec());
        assertEquals(4, scored(sample).cachedTokens(), "the prompt's, not those of its own prefix");
    }

    @Test
    void aPieceIsBracketedByItself() {
        Sample sample = new Sample(TASK);
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
                scored(sample).weightVersions());
        assertEquals(SpanProvenance.BRACKETED, scored(sample).provenance());
        assertEquals(List.of("5", "7"), scored(sample).engineWeightVersions());
    }

    @Test
    void anAbortOfTheLastTokenOfTheBudgetIsAnEndByLength() {
        Sample sample = new Sample(task(2));
        sample.add(
                piece(new int[] {1}, new float[1], Finish.ABORT, "5", List.of()),
                "http://e",
                null,
                VersionWord::number);
        assertFalse(sample.isThrough());
        sample.add(
                piece(new int[] {2}, new float[1], Finish.ABORT, "5", List.of()),
                "http://e",
                null,
                VersionWord::number);
        assertTrue(sample.isThrough());
        assertEquals("length", scored(sample).finishReason());
        assertEquals(SampleStatus.TRUNCATED, scored(sample).status());
    }
}
