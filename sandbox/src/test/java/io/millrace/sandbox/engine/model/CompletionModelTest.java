package io.millrace.sandbox.engine.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompletionModelTest {
    private static final String QUESTION = "What is 6 times 7, worked out carefully?";
    private static final int[] PROMPT =
            ToyTokenizer.encode("<|im_start|>user\n" + QUESTION + "<|im_end|>\n<|im_start|>assistant\n");
    private static final int LIMIT = 2_000;

    private static CompletionModel model(double rightShare) {
        return new CompletionModel(3, rightShare, 60, 0.7, new AnswerBook(Map.of(QUESTION, "42")));
    }

    private static SamplingOptions sampling(int maxNewTokens, List<String> stop, int[] stopIds, @Nullable Long seed) {
        return new SamplingOptions(1, 1, -1, maxNewTokens, 0, stop, stopIds, false, false, true, false, seed);
    }

    @Test
    void textIdsAndLogProbabilitiesAlwaysAgree() {
        CompletionModel model = model(0.5);
        Random random = new Random(11);
        List<List<String>> stops = List.of(List.of(), List.of("\n"), List.of("Wait", "boxed{"), List.of("Answer:"));
        int lengths = 0;
        int stopStrings = 0;
        int stopTokens = 0;
        for (int i = 0; i < 5_000; i++) {
            int limit = random.nextInt(200);
            int[] stopIds = random.nextInt(4) == 0 ? new int[] {'.'} : new int[0];
            boolean noStopTrim = random.nextBoolean();
            SamplingOptions sampling = new SamplingOptions(
                    1,
                    1,
                    -1,
                    limit,
                    0,
                    stops.get(random.nextInt(4)),
                    stopIds,
                    random.nextInt(5) == 0,
                    random.nextInt(5) == 0,
                    noStopTrim,
                    random.nextBoolean(),
                    null);
            Completion completion = model.complete(PROMPT, sampling, i);
            int[] ids = completion.outputIds();
            assertTrue(ids.length <= limit);
            assertEquals(ids.length, completion.logProbIndexes().length);
            for (short index : completion.logProbIndexes()) {
                assertTrue(Float.isFinite(LogProbs.value(index)) && LogProbs.value(index) <= 0);
            }
            String whole = ToyTokenizer.decode(ids, sampling.skipSpecialTokens());
            String text = completion.text(sampling.skipSpecialTokens());
            if (noStopTrim) {
                assertEquals(whole, text);
            } else {
                assertTrue(whole.startsWith(text));
            }
            switch (completion.finish()) {
                case FinishReason.Length(int tokens) -> {
                    lengths++;
                    assertEquals(limit, tokens);
                    assertEquals(limit, ids.length);
                }
                case FinishReason.StopString(String matched) -> {
                    stopStrings++;
                    assertTrue(ToyTokenizer.decode(ids, false).endsWith(matched));
                    assertFalse(!noStopTrim && text.contains(matched));
                }
                case FinishReason.StopToken(int id) -> {
                    stopTokens++;
                    assertFalse(id == ToyTokenizer.EOS ? sampling.ignoreEos() : sampling.ignoreStopTokens());
                    assertEquals(id, ids[ids.length - 1]);
                    assertTrue(id == ToyTokenizer.EOS || id == '.');
                }
                case FinishReason.Abort _ -> throw new AssertionError("nothing aborted it");
            }
        }
        assertTrue(
                lengths > 300 && stopStrings > 300 && stopTokens > 300, lengths + " " + stopStrings + " " + stopTokens);
    }

    @Test
    void theShareOfRightAnswersIsTheOneThatWasSet() {
        for (double share : new double[] {0, 0.3, 0.5, 1}) {
            CompletionModel model = model(share);
            int right = 0;
            for (int i = 0; i < 4_000; i++) {
                String text = model.complete(PROMPT, sampling(LIMIT, List.of(), new int[0], null), i)
                        .text(true);
                String last = text.substring(text.lastIndexOf('\n') + 1);
                assertTrue(last.matches("Answer: -?\\d+"), last);
                String answer = last.substring("Answer: ".length());
                assertTrue(text.contains("\\boxed{" + answer + "}"), text);
                right += answer.equals("42") ? 1 : 0;
            }
            assertEquals(share, right / 4_000.0, 0.025);
        }
    }

    @Test
    void fillerLengthIsLogNormal() {
        CompletionModel model = model(0.5);
        double[] logs = new double[8_000];
        for (int i = 0; i < logs.length; i++) {
            String text = model.complete(PROMPT, sampling(100_000, List.of(), new int[0], null), i)
                    .text(true);
            logs[i] = Math.log(text.lastIndexOf("\nThe result"));
        }
        double mean = Arrays.stream(logs).average().orElseThrow();
        double sigma = Math.sqrt(
                Arrays.stream(logs).map(x -> (x - mean) * (x - mean)).average().orElseThrow());
        assertEquals(Math.log(60), mean, 0.03);
        assertEquals(0.7, sigma, 0.03);
    }

    @Test
    void theSameSeedPromptAndOrdinalGiveTheSameCompletion() {
        SamplingOptions seeded = sampling(LIMIT, List.of(), new int[0], 99L);
        SamplingOptions free = sampling(LIMIT, List.of(), new int[0], null);
        assertSame(model(0.5).complete(PROMPT, seeded, 1), model(0.5).complete(PROMPT, seeded, 2));
        assertSame(model(0.5).complete(PROMPT, free, 1), model(0.5).complete(PROMPT, free, 1));
        Set<String> texts = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            texts.add(model(0.5).complete(PROMPT, free, i).text(true));
        }
        assertTrue(texts.size() > 40, "ordinals must differ, only " + texts.size() + " texts of 50");
    }

    private static void assertSame(Completion a, Completion b) {
        assertArrayEquals(a.outputIds(), b.outputIds());
        assertArrayEquals(a.logProbIndexes(), b.logProbIndexes());
        assertEquals(a.finish(), b.finish());
    }

    @Test
    void greedyAnswersDoNotDependOnTheOrdinal() {
        SamplingOptions greedy =
                new SamplingOptions(0, 1, -1, LIMIT, 0, List.of(), new int[0], false, false, true, false, null);
        assertSame(model(0.5).complete(PROMPT, greedy, 1), model(0.5).complete(PROMPT, greedy, 2));
    }

    @Test
    void theLimitCutsTheSameCompletionShort() {
        int[] whole = model(0.5)
                .complete(PROMPT, sampling(LIMIT, List.of(), new int[0], 4L), 0)
                .outputIds();
        int[] cut = model(0.5)
                .complete(PROMPT, sampling(20, List.of(), new int[0], 4L), 0)
                .outputIds();
        assertArrayEquals(Arrays.copyOf(whole, 20), cut);
    }

    @Test
    void ignoringTheEndGoesOnToTheLimit() {
        SamplingOptions sampling =
                new SamplingOptions(1, 1, -1, LIMIT, 0, List.of(), new int[0], true, true, true, false, 4L);
        Completion completion = model(0.5).complete(PROMPT, sampling, 0);
        assertEquals(new FinishReason.Length(LIMIT), completion.finish());
        assertTrue(Arrays.stream(completion.outputIds()).anyMatch(id -> id == ToyTokenizer.EOS));
    }

    @Test
    void theEndBelongsToTheIdsAndIsTrimmedFromTheTextUnlessAskedFor() {
        SamplingOptions trimmed =
                new SamplingOptions(1, 1, -1, LIMIT, 0, List.of(), new int[0], false, false, false, false, 4L);
        Completion completion = model(0.5).complete(PROMPT, trimmed, 0);
        assertEquals(ToyTokenizer.EOS, completion.outputIds()[completion.tokens() - 1]);
        assertFalse(completion.text(false).contains("<|endoftext|>"));
        assertTrue(model(0.5)
                .complete(PROMPT, sampling(LIMIT, List.of(), new int[0], 4L), 0)
                .text(false)
                .endsWith("<|endoftext|>"));
    }

    @Test
    void anotherEngineSeedAnswersDifferently() {
        SamplingOptions sampling = sampling(LIMIT, List.of(), new int[0], 4L);
        CompletionModel other = new CompletionModel(4, 0.5, 60, 0.7, AnswerBook.EMPTY);
        assertNotEquals(
                model(0.5).complete(PROMPT, sampling, 0).text(true),
                other.complete(PROMPT, sampling, 0).text(true));
    }
}
