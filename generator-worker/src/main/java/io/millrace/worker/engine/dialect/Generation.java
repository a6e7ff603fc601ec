package io.millrace.worker.engine.dialect;

import io.millrace.common.rollout.SampleHeader.SpecInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An engine's answer for one sample. A dialect for which one is refused here says MALFORMED.
 *
 * @param text the response's text
 * @param tokens response token ids, as sampled: never re-tokenized
 * @param logProbs behaviour log-probabilities of those tokens; same length, finite
 * @param finish why it ended
 * @param cachedTokens tokens of the prompt that the engine had cached
 * @param weightVersion the version word at the end; null when the engine tells none
 * @param spans versions over the tokens, contiguous from 0; empty when the engine gives none
 * @param tensors those that were asked for and are there
 * @param textOnly whether the engine tells no tokens at all: there is the text, and nothing to train on
 * @param sinceFirstTokenSeconds how long before its answer it had made the first token; null where the engine does not
 *     tell
 */
public record Generation(
        String text,
        int[] tokens,
        float[] logProbs,
        Finish finish,
        int cachedTokens,
        @Nullable String weightVersion,
        List<Span> spans,
        @Nullable SpecInfo spec,
        List<TensorPiece> tensors,
        boolean textOnly,
        @Nullable Double sinceFirstTokenSeconds) {
    public Generation {
        spans = List.copyOf(spans);
        tensors = List.copyOf(tensors);
        if (tokens.length != logProbs.length) {
            throw new IllegalArgumentException(
                    "the answer has " + tokens.length + " tokens and " + logProbs.length + " log-probabilities");
        }
        for (int i = 0; i < logProbs.length; i++) {
            if (!Float.isFinite(logProbs[i])) {
                throw new IllegalArgumentException("log-probability " + i + " is not finite: " + logProbs[i]);
            }
        }
        int at = 0;
        for (Span span : spans) {
            if (span.start() != at || span.end() < at) {
                throw new IllegalArgumentException("weight_versions leave a gap at token " + at);
            }
            at = span.end();
        }
        if (!spans.isEmpty() && at != tokens.length) {
            throw new IllegalArgumentException("weight_versions cover " + at + " of " + tokens.length + " tokens");
        }
    }

    /** Without tensors. */
    public Generation(
            String text,
            int[] tokens,
            float[] logProbs,
            Finish finish,
            int cachedTokens,
            @Nullable String weightVersion,
            List<Span> spans,
            @Nullable SpecInfo spec) {
        this(text, tokens, logProbs, finish, cachedTokens, weightVersion, spans, spec, List.of());
    }

    /** Of an engine that tells tokens. */
    public Generation(
            String text,
            int[] tokens,
            float[] logProbs,
            Finish finish,
            int cachedTokens,
            @Nullable String weightVersion,
            List<Span> spans,
            @Nullable SpecInfo spec,
            List<TensorPiece> tensors) {
        this(text, tokens, logProbs, finish, cachedTokens, weightVersion, spans, spec, tensors, false, null);
    }

    /** Of an engine that tells none. */
    public static Generation ofText(String text, Finish finish, int cachedTokens) {
        return new Generation(
                text, new int[0], new float[0], finish, cachedTokens, null, List.of(), null, List.of(), true, null);
    }

    /** Why a generation ended. */
    public enum Finish {
        STOP,
        LENGTH,
        ABORT
    }

    /** Tokens {@code start} (inclusive) to {@code end} (exclusive) came from this version, in the engine's words. */
    public record Span(String version, int start, int end) {}
}
