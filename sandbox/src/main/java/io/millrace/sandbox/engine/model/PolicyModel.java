package io.millrace.sandbox.engine.model;

import io.millrace.sandbox.policy.AnswerPolicy;
import io.millrace.sandbox.policy.Answers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Answers by a policy that is trained: the response's first token says which kind of answer was drawn from the softmax,
 * and has the true log-probability of that draw; everything after it follows from it and from the prompt, with
 * probability 1. A prompt that holds the beginning of an answer is continued to that answer's own end. Stop strings are
 * not looked for. Immutable, for all threads.
 */
public record PolicyModel(EngineSettings settings, AnswerBook answers) {
    private static final String ASSISTANT = "<|im_start|>assistant\n";
    private static final int DRAW_LENGTH = 2;

    /** What the policy says to this prompt; {@code ordinal} counts admitted requests. */
    public Completion complete(AnswerPolicy policy, int[] inputIds, SamplingOptions sampling, long ordinal) {
        String text = ToyTokenizer.decode(inputIds, false);
        int open = text.lastIndexOf(ASSISTANT);
        String prompt = open < 0 ? text : text.substring(0, open + ASSISTANT.length());
        int[] begun = ToyTokenizer.encode(text.substring(prompt.length()));
        int kind = begun.length == 0 ? -1 : Answers.kind(begun[0]);
        double logProb = 0;
        int from = begun.length;
        if (kind < 0) {
            Long own = sampling.samplingSeed();
            long luck = Draws.mix(settings.seed() ^ prompt.hashCode() ^ Draws.mix(own == null ? ordinal : own));
            double[] logProbs = policy.logProbs(AnswerPolicy.form(prompt), Math.max(1e-3, sampling.temperature()));
            kind = draw(logProbs, Draws.uniform(luck, 0));
            logProb = logProbs[kind];
            from = 0;
        }
        int[] whole = response(kind, prompt);
        int[] rest = Arrays.copyOfRange(whole, Math.min(from, whole.length - 1), whole.length);
        return ended(rest, from == 0 ? logProb : 0, sampling);
    }

    private static int draw(double[] logProbs, double uniform) {
        double below = 0;
        for (int kind = 0; kind < logProbs.length - 1; kind++) {
            below += Math.exp(logProbs[kind]);
            if (uniform < below) {
                return kind;
            }
        }
        return logProbs.length - 1;
    }

    private int[] response(int kind, String prompt) {
        String label = answers.labelFor(prompt);
        String answer = Answers.candidate(kind, label == null ? "0" : label);
        double length = Draws.normal(Draws.mix(prompt.hashCode()), DRAW_LENGTH);
        int filler = (int) (settings.fillerMedianTokens() * Math.exp(settings.fillerSigma() * length));
        StringBuilder text = new StringBuilder((char) Answers.token(kind) + ") ");
        while (text.length() < filler) {
            text.append("step by step ");
        }
        text.append("\nThe result is \\boxed{" + answer + "}.\nAnswer: " + answer);
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        int[] ids = new int[bytes.length + 1];
        for (int i = 0; i < bytes.length; i++) {
            ids[i] = bytes[i] & 0xff;
        }
        ids[bytes.length] = ToyTokenizer.EOS;
        return ids;
    }

    private static Completion ended(int[] ids, double firstLogProb, SamplingOptions sampling) {
        int limit = sampling.maxNewTokens();
        boolean cut = ids.length >= limit;
        int[] output = cut ? Arrays.copyOf(ids, limit) : ids;
        float[] logProbs = new float[output.length];
        if (output.length > 0) {
            logProbs[0] = (float) firstLogProb;
        }
        FinishReason finish = cut ? new FinishReason.Length(limit) : new FinishReason.StopToken(ToyTokenizer.EOS);
        int trimmed = cut || sampling.noStopTrim() ? 0 : 1;
        return new Completion(output, new short[output.length], logProbs, finish, trimmed);
    }
}
