package io.millrace.worker.generate;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleHeader.SpecInfo;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.VersionWord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What has been generated of one sample, in pieces: each piece continues the tokens of those before it. Tokens,
 * log-probabilities and version spans stay as the engine that made them gave them. Owned by the sample's thread.
 */
final class SampleSoFar {
    private final WeightVersion issueVersion;
    private final StringBuilder text = new StringBuilder();
    private int[] tokens = new int[0];
    private float[] logProbs = new float[0];
    private final List<VersionSpan> spans = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    private SpanProvenance provenance = SpanProvenance.SPANS;
    private int cachedTokens;
    private int pieces;

    private @Nullable SpecInfo spec;

    private @Nullable Generation last;
    private String engine = "";
    private double seconds;

    /** @param issueVersion of the task: stands in for pieces whose engine tells no version */
    SampleSoFar(WeightVersion issueVersion) {
        this.issueVersion = issueVersion;
    }

    /**
     * A sample that another worker has begun.
     *
     * @param begun what it wrote of it
     * @param responseTokens as long as the header says, and so are the log-probabilities
     */
    static SampleSoFar of(
            SampleHeader begun, int[] responseTokens, float[] responseLogProbs, WeightVersion issueVersion) {
        SampleSoFar soFar = new SampleSoFar(issueVersion);
        soFar.text.append(begun.response());
        soFar.tokens = responseTokens;
        soFar.logProbs = responseLogProbs;
        soFar.spans.addAll(begun.weightVersions());
        soFar.words.addAll(begun.engineWeightVersions());
        soFar.provenance = begun.provenance();
        soFar.cachedTokens = begun.cachedTokens();
        soFar.spec = begun.spec();
        soFar.engine = begun.engine();
        soFar.seconds = begun.generationSeconds();
        soFar.pieces = 1;
        soFar.last = new Generation(
                "",
                new int[0],
                new float[0],
                Generation.Finish.valueOf(begun.finishReason().toUpperCase(Locale.ROOT)),
                begun.promptLength(),
                begun.cachedTokens(),
                null,
                List.of(),
                null);
        return soFar;
    }

    /**
     * As the sample stands, unfinished, for another worker to go on with.
     *
     * @param index of the sample in the run
     */
    SampleHeader header(long index, int promptLength) {
        Generation end = last;
        return new SampleHeader(
                index,
                promptLength,
                tokens.length,
                text.toString(),
                Reward.of(0),
                SampleStatus.ABORTED,
                (end == null ? Generation.Finish.ABORT : end.finish()).name().toLowerCase(Locale.ROOT),
                spans,
                provenance,
                words,
                "",
                engine,
                seconds,
                0,
                cachedTokens,
                spec);
    }

    /** Of the response's tokens; not to be changed. */
    float[] logProbs() {
        return logProbs;
    }

    /** Who made its last piece; empty before the first. */
    String engine() {
        return engine;
    }

    /** Generating it has taken so long, in attempts before this one too. */
    double seconds() {
        return seconds;
    }

    void took(double more) {
        seconds += more;
    }

    /** Whether nothing is left to generate: it has ended, or its token limit is used up. */
    boolean isThrough(SamplingParams params) {
        Generation end = last;
        return end != null && (end.finish() != Generation.Finish.ABORT || isFull(params));
    }

    /**
     * An engine's answer to a request with the {@link #prefix}.
     *
     * @param from who gave it
     * @param versionBefore what the engine had told of its weights before; null when nothing
     * @param reading of what engines call their weights
     */
    void add(Generation piece, String from, @Nullable String versionBefore, VersionWord.Reading reading) {
        WeightVersions versions = WeightVersions.of(piece, versionBefore, issueVersion, reading);
        int at = tokens.length;
        for (VersionSpan span : versions.spans()) {
            join(new VersionSpan(span.version(), span.from() + at, span.to() + at));
        }
        if (piece.tokens().length > 0 && versions.provenance().compareTo(provenance) > 0) {
            provenance = versions.provenance();
        }
        words.addAll(versions.words());
        text.append(piece.text());
        tokens = Arrays.copyOf(tokens, at + piece.tokens().length);
        System.arraycopy(piece.tokens(), 0, tokens, at, piece.tokens().length);
        logProbs = Arrays.copyOf(logProbs, at + piece.logProbs().length);
        System.arraycopy(piece.logProbs(), 0, logProbs, at, piece.logProbs().length);
        // Later pieces find their own prefix in the cache, which says nothing of the prompt.
        cachedTokens = pieces == 0 ? piece.cachedTokens() : cachedTokens;
        spec = sum(spec, piece.spec());
        last = piece;
        engine = from;
        pieces++;
    }

    /** Adjacent spans of one version are one. */
    private void join(VersionSpan span) {
        if (!spans.isEmpty() && spans.getLast().version().equals(span.version())) {
            span = new VersionSpan(span.version(), spans.removeLast().from(), span.to());
        }
        spans.add(span);
    }

    private static @Nullable SpecInfo sum(@Nullable SpecInfo one, @Nullable SpecInfo other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return new SpecInfo(
                one.specAcceptTokenNum() + other.specAcceptTokenNum(),
                one.specDraftTokenNum() + other.specDraftTokenNum(),
                one.specVerifyCt() + other.specVerifyCt(),
                one.completionTokenNum() + other.completionTokenNum());
    }

    /** Response tokens so far. */
    int length() {
        return tokens.length;
    }

    /** What the next request's prompt is. */
    int[] prefix(int[] promptIds) {
        int[] prefix = Arrays.copyOf(promptIds, promptIds.length + tokens.length);
        System.arraycopy(tokens, 0, prefix, promptIds.length, tokens.length);
        return prefix;
    }

    /** Whether the sample's token limit is used up. */
    boolean isFull(SamplingParams params) {
        return tokens.length >= params.maxNewTokens();
    }

    /** The sample as if it had been generated at once; with its limit used up it ends by length. */
    Generation joined(SamplingParams params) {
        Generation end = last;
        if (end == null) {
            throw new IllegalStateException("no piece of the sample has been generated");
        }
        boolean cut = end.finish() == Generation.Finish.ABORT && isFull(params);
        return new Generation(
                text.toString(),
                tokens,
                logProbs,
                cut ? Generation.Finish.LENGTH : end.finish(),
                end.promptTokens(),
                cachedTokens,
                end.weightVersion(),
                List.of(),
                spec);
    }

    /** What is known of the versions behind the tokens; of pieces that differ in that, the least. */
    WeightVersions versions() {
        return new WeightVersions(List.copyOf(spans), provenance, List.copyOf(words));
    }
}
