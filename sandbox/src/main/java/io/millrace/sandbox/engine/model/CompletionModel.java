package io.millrace.sandbox.engine.model;

import io.millrace.sandbox.engine.chat.ToolUse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The toy model. What it says is a pure function of its seed, the prompt's ids, the sampling parameters and, for a
 * sampled answer without a sampling seed, the request's ordinal. It rambles for a log-normal number of tokens and ends
 * with {@code \boxed{x}} and a last line {@code Answer: x}, where x is the prompt's label with probability
 * {@code rightShare} and a near miss otherwise. Immutable, for all threads.
 *
 * <p>Where its prompt has tools it calls one, without rambling, before it answers ({@link ToolUse}).
 *
 * <p>A prompt that already holds the beginning of an answer gets a new answer from there on, so continued samples end
 * well too.
 */
public record CompletionModel(
        long seed, double rightShare, double fillerMedianTokens, double fillerSigma, AnswerBook answers) {
    private static final byte[][] PHRASES = phrases(
            "Let me restate the problem in my own words. ",
            "First I write down what is given. ",
            "Then I look for the quantity that is asked. ",
            "Doing the steps one by one keeps the signs right. ",
            "Adding the parts gives a partial result. ",
            "Wait, I should check that again. ",
            "Dividing both sides leaves a whole number. ",
            "That matches the estimate I made before. ",
            "A quick test with small numbers agrees. ",
            "So the pattern holds here as well. ",
            "Now I put the pieces together. ",
            "The remainder is what matters here.\n");

    private static final int DRAW_RIGHT = 0;
    private static final int DRAW_MISS = 1;
    private static final int DRAW_LENGTH = 2;
    private static final int DRAW_PHRASES = 16;

    /** The whole completion of this prompt; {@code ordinal} counts admitted requests. */
    public Completion complete(int[] inputIds, SamplingOptions sampling, long ordinal) {
        long luck = luck(inputIds, sampling, ordinal);
        String prompt = ToyTokenizer.decode(inputIds, false);
        String call = ToolUse.call(prompt);
        String last = call == null ? answerLines(luck, answers.labelFor(prompt)) : call;
        int[] ids = generate(luck, last, call == null, sampling);
        End end = end(ids, sampling);
        int[] output = ids.length == end.tokens ? ids : Arrays.copyOf(ids, end.tokens);
        short[] logProbs = new short[output.length];
        for (int i = 0; i < output.length; i++) {
            logProbs[i] = LogProbs.index(Draws.bits(luck ^ output[i], i));
        }
        return new Completion(output, logProbs, null, end.reason, sampling.noStopTrim() ? 0 : end.matchedTokens);
    }

    private long luck(int[] inputIds, SamplingOptions sampling, long ordinal) {
        long hash = Draws.mix(seed + inputIds.length);
        for (int id : inputIds) {
            hash = hash * 0x9E3779B97F4A7C15L + id;
        }
        hash = Draws.mix(hash ^ Double.doubleToLongBits(sampling.temperature()));
        hash = Draws.mix(hash ^ Double.doubleToLongBits(sampling.topP()) ^ sampling.topK());
        Long samplingSeed = sampling.samplingSeed();
        if (samplingSeed != null) {
            return Draws.mix(hash ^ samplingSeed);
        }
        return sampling.temperature() == 0 ? hash : Draws.mix(hash + 1 + ordinal);
    }

    /** What would be said without any stop but the token limit and, unless ignored, the end of text. */
    private int[] generate(long luck, String last, boolean rambles, SamplingOptions sampling) {
        int limit = sampling.maxNewTokens();
        double wanted = fillerMedianTokens == 0 || !rambles
                ? 0
                : fillerMedianTokens * Math.exp(fillerSigma * Draws.normal(luck, DRAW_LENGTH));
        int filler = (int) Math.min(limit, Math.max(wanted, sampling.minNewTokens()));
        byte[] answer = last.getBytes(StandardCharsets.UTF_8);
        int natural = filler + answer.length + 1;
        int total = sampling.ignoreEos() ? limit : Math.min(limit, natural);
        int[] ids = new int[total];
        int at = fillWithPhrases(ids, 0, filler, luck);
        for (int i = 0; i < answer.length && at < total; i++) {
            ids[at++] = answer[i] & 0xff;
        }
        if (at < total) {
            ids[at++] = ToyTokenizer.EOS;
        }
        fillWithPhrases(ids, at, total, luck);
        return ids;
    }

    private static int fillWithPhrases(int[] ids, int from, int to, long luck) {
        int at = from;
        for (long draw = DRAW_PHRASES + (long) from; at < to; draw++) {
            byte[] phrase = PHRASES[(int) Long.remainderUnsigned(Draws.bits(luck, draw), PHRASES.length)];
            for (int i = 0; i < phrase.length && at < to; i++) {
                ids[at++] = phrase[i] & 0xff;
            }
        }
        return at;
    }

    private String answerLines(long luck, @Nullable String label) {
        boolean right = label != null && Draws.uniform(luck, DRAW_RIGHT) < rightShare;
        String answer = right ? label : nearMiss(label, Draws.bits(luck, DRAW_MISS));
        return "\nThe result is \\boxed{" + answer + "}.\nAnswer: " + answer;
    }

    /** Close to the label and never equal to it. */
    private static String nearMiss(@Nullable String label, long bits) {
        int off = 1 + (int) Long.remainderUnsigned(bits, 9);
        if (label == null) {
            return Integer.toString(off * 7);
        }
        try {
            long value = Long.parseLong(label.strip());
            return Long.toString((bits & (1L << 40)) == 0 ? value + off : value - off);
        } catch (NumberFormatException e) {
            return String.format(Locale.ROOT, "%d", off * 7).equals(label.strip()) ? "0" : Integer.toString(off * 7);
        }
    }

    private record End(int tokens, FinishReason reason, int matchedTokens) {}

    /** The first thing that ends these ids; at the same token the length limit wins, as in SGLang. */
    private static End end(int[] ids, SamplingOptions sampling) {
        int limit = sampling.maxNewTokens();
        End best = new End(Math.min(ids.length, limit), new FinishReason.Length(limit), 0);
        for (int i = sampling.minNewTokens(); i < best.tokens; i++) {
            if (isStop(ids[i], sampling) && i + 1 < limit) {
                best = new End(i + 1, new FinishReason.StopToken(ids[i]), 1);
            }
        }
        for (String stop : sampling.stop()) {
            int[] pattern = ToyTokenizer.encode(stop);
            int endsAt = endOfFirst(pattern, ids, best.tokens);
            if (endsAt > 0 && endsAt < limit && endsAt < best.tokens) {
                best = new End(endsAt, new FinishReason.StopString(stop), pattern.length);
            }
        }
        return best;
    }

    private static boolean isStop(int id, SamplingOptions sampling) {
        if (id == ToyTokenizer.EOS && !sampling.ignoreEos()) {
            return true;
        }
        for (int stop : sampling.stopTokenIds()) {
            if (id == stop && !sampling.ignoreStopTokens()) {
                return true;
            }
        }
        return false;
    }

    /** Where the pattern's first occurrence within the first {@code limit} ids ends, or 0. */
    private static int endOfFirst(int[] pattern, int[] ids, int limit) {
        for (int from = 0; from + pattern.length <= limit; from++) {
            int same = 0;
            while (same < pattern.length && ids[from + same] == pattern[same]) {
                same++;
            }
            if (same == pattern.length) {
                return from + same;
            }
        }
        return 0;
    }

    private static byte[][] phrases(String... phrases) {
        return List.of(phrases).stream()
                .map(phrase -> phrase.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }
}
