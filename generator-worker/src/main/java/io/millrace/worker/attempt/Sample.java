package io.millrace.worker.attempt;

import io.millrace.common.id.WeightVersion;
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
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One sample from its first token to its reward. It comes in pieces, each of which continues the tokens of those before it;
 * tokens, log-probabilities and version spans stay as the engine that made them gave them. Not thread-safe: owned by the
 * thread that generates it, and then by whoever closes the group.
 */
public final class Sample {
    private final WeightVersion issueVersion;
    private final int maxNewTokens;
    /** Given before the first request, and kept by whoever goes on. */
    private String session = UUID.randomUUID().toString();

    private final StringBuilder text = new StringBuilder();
    private int[] tokens = new int[0];
    private float[] logProbs = new float[0];
    private final List<VersionSpan> spans = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    private SpanProvenance provenance = SpanProvenance.SPANS;
    private int cachedTokens;
    private @Nullable SpecInfo spec;
    private final SampleTensors tensors = new SampleTensors();
    /** Of the last piece; null before the first. */
    private @Nullable Finish finish;

    private String engine = "";
    private double seconds;
    /** As it is published; null until it is scored. */
    private @Nullable SampleHeader scored;

    /** @param task whose issue version stands in for pieces whose engine tells no version */
    Sample(TrainingTask task) {
        this.issueVersion = task.issueVersion();
        this.maxNewTokens = task.samplingParams().maxNewTokens();
    }

    /**
     * A sample that another worker has begun, or has finished.
     *
     * @param written what it wrote of it
     * @param responseTokens as long as the header says, and so are the log-probabilities
     */
    static Sample of(SampleHeader written, int[] responseTokens, float[] responseLogProbs, TrainingTask task) {
        Sample sample = new Sample(task);
        sample.tokens = responseTokens;
        sample.logProbs = responseLogProbs;
        if (written.status() != SampleStatus.ABORTED) {
            sample.scored = written;
            return sample;
        }
        sample.session = written.sessionId().isEmpty() ? sample.session : written.sessionId();
        if (responseTokens.length == 0) {
            return sample;
        }
        sample.text.append(written.response());
        sample.spans.addAll(written.weightVersions());
        sample.words.addAll(written.engineWeightVersions());
        sample.provenance = written.provenance();
        sample.cachedTokens = written.cachedTokens();
        sample.spec = written.spec();
        sample.engine = written.engine();
        sample.seconds = written.generationSeconds();
        sample.finish = Finish.valueOf(written.finishReason().toUpperCase(Locale.ROOT));
        return sample;
    }

    /**
     * An engine's answer to a request with the {@link #prefix}.
     *
     * @param from who gave it
     * @param versionBefore what the engine had told of its weights before; null when nothing
     * @param reading of what engines call their weights
     */
    public void add(Generation piece, String from, @Nullable String versionBefore, VersionWord.Reading reading) {
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
        cachedTokens = finish == null ? piece.cachedTokens() : cachedTokens;
        spec = sum(spec, piece.spec());
        tensors.add(piece);
        finish = piece.finish();
        engine = from;
    }

    /**
     * Why an answer cannot be {@link #add added} for the tensors it brings, or does not bring; null when it can.
     *
     * @param asked names of the tensors that answers must bring
     */
    public @Nullable String tensorFlaw(Generation piece, List<String> asked) {
        boolean through = piece.finish() != Finish.ABORT || tokens.length + piece.tokens().length >= maxNewTokens;
        return tensors.flaw(piece, asked, through);
    }

    /** Rows that it has of the tensors which have one for each token. */
    public int tensorRows() {
        return tensors.rowsOfTokens();
    }

    SampleTensors tensors() {
        return tensors;
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

    /** Generating it took so much longer, all tries. */
    public void took(double more) {
        seconds += more;
    }

    /** Whether nothing is left to generate: it has ended, or its token limit is used up. */
    public boolean isThrough() {
        return finish != null && (finish != Finish.ABORT || tokens.length >= maxNewTokens);
    }

    /** Names the sample to gateways, which keep its requests on the engine that has its prefix. */
    public String session() {
        return session;
    }

    /** Response tokens so far. */
    public int length() {
        return tokens.length;
    }

    /** The response so far. */
    public String text() {
        return text.toString();
    }

    /** What the next request's prompt is. */
    public int[] prefix(int[] promptIds) {
        int[] prefix = Arrays.copyOf(promptIds, promptIds.length + tokens.length);
        System.arraycopy(tokens, 0, prefix, promptIds.length, tokens.length);
        return prefix;
    }

    /** Of the response's tokens; not to be changed. */
    float[] logProbs() {
        return logProbs;
    }

    /** Whether it was ended by its token limit; of one that is through. */
    public boolean isTruncated() {
        // With its limit used up it ends by length, whatever the last answer says.
        return finish != Finish.STOP;
    }

    /** Whether it has been judged. */
    public boolean isScored() {
        return scored != null;
    }

    /**
     * It is through and has been judged.
     *
     * @param index of the sample in the run
     * @throws IllegalStateException when something is left to generate
     */
    void score(long index, int promptLength, Reward reward, double scoringSeconds) {
        if (!isThrough()) {
            throw new IllegalStateException("sample " + index + " is scored unfinished: this is a bug");
        }
        Finish end = isTruncated() ? Finish.LENGTH : Finish.STOP;
        SampleStatus status = end == Finish.LENGTH ? SampleStatus.TRUNCATED : SampleStatus.COMPLETED;
        scored = header(index, promptLength, reward, status, end, scoringSeconds);
    }

    /**
     * As it is written down; one that is not scored stands there as an aborted one, for another worker to go on with.
     *
     * @param index of the sample in the run
     */
    SampleHeader header(long index, int promptLength) {
        Finish end = finish == null ? Finish.ABORT : finish;
        return scored != null ? scored : header(index, promptLength, Reward.of(0), SampleStatus.ABORTED, end, 0);
    }

    private SampleHeader header(
            long index, int promptLength, Reward reward, SampleStatus status, Finish end, double scoringSeconds) {
        return new SampleHeader(
                index,
                promptLength,
                tokens.length,
                text.toString(),
                reward,
                status,
                end.name().toLowerCase(Locale.ROOT),
                spans,
                provenance,
                words,
                session,
                engine,
                seconds,
                scoringSeconds,
                cachedTokens,
                spec,
                tensors.shapes());
    }
}
