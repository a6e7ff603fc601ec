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
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * One sample, or one turn of one, from its first token to its last. It comes in pieces, each of which continues the tokens of those before it;
 * tokens, log-probabilities and version spans stay as the engine that made them gave them. Not thread-safe: owned by the
 * thread that generates it, and then by whoever closes the group.
 */
public final class Sample {
    /** In a sample's metadata: its engine tells no tokens, so that there is nothing to train on. */
    static final String TEXT_ONLY = "text_only";

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
    private SampleTensors tensors = new SampleTensors();
    /** Of the last piece; null before the first. */
    private @Nullable Finish finish;

    private boolean textOnly;

    private String engine = "";
    private double seconds;

    /** @param task whose issue version stands in for pieces whose engine tells no version */
    Sample(TrainingTask task) {
        this.issueVersion = task.issueVersion();
        this.maxNewTokens = task.samplingParams().maxNewTokens();
    }

    /**
     * A turn of a sample of the task.
     *
     * @param maxNewTokens of the turn, 1 or more
     * @param session of the sample
     */
    public Sample(TrainingTask task, int maxNewTokens, String session) {
        this.issueVersion = task.issueVersion();
        this.maxNewTokens = maxNewTokens;
        this.session = session;
    }

    /**
     * A sample that another worker has begun.
     *
     * @param begun what it wrote of it
     */
    static Sample of(WrittenSample begun, TrainingTask task) {
        SampleHeader written = begun.header();
        Sample sample = new Sample(task);
        sample.tokens = begun.tokens();
        sample.logProbs = begun.logProbs();
        sample.tensors = begun.tensors();
        sample.session = written.sessionId().isEmpty() ? sample.session : written.sessionId();
        if (sample.tokens.length == 0) {
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
        spec = SpecInfo.sum(spec, piece.spec());
        tensors.add(piece);
        textOnly = piece.textOnly();
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

    /** Adjacent spans of one version are one. */
    private void join(VersionSpan span) {
        if (!spans.isEmpty() && spans.getLast().version().equals(span.version())) {
            span = new VersionSpan(span.version(), spans.removeLast().from(), span.to());
        }
        spans.add(span);
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

    /** It is through; with its limit used up it ended by length, whatever the last answer says. */
    private Finish end() {
        if (!isThrough()) {
            throw new IllegalStateException("a sample is taken for finished that is not: this is a bug");
        }
        return finish == Finish.STOP ? Finish.STOP : Finish.LENGTH;
    }

    /**
     * As a turn of a sample.
     *
     * @throws IllegalStateException when something is left to generate
     */
    public Turn turn() {
        return new Turn(text(), tokens, logProbs, end(), spans, provenance, words, cachedTokens, spec, engine, seconds);
    }

    /**
     * As it is written down once it is through, not judged yet.
     *
     * @param index of the sample in the run
     * @throws IllegalStateException when something is left to generate
     */
    WrittenSample through(long index, int[] promptIds) {
        Finish end = end();
        SampleStatus status = end == Finish.LENGTH ? SampleStatus.TRUNCATED : SampleStatus.COMPLETED;
        return written(index, promptIds, status, end);
    }

    /**
     * As it is, an aborted one, for another worker to go on with.
     *
     * @param index of the sample in the run
     */
    WrittenSample unfinished(long index, int[] promptIds) {
        Finish end = finish == null ? Finish.ABORT : finish;
        return written(index, promptIds, SampleStatus.ABORTED, end);
    }

    private WrittenSample written(long index, int[] promptIds, SampleStatus status, Finish end) {
        SampleHeader header = new SampleHeader(
                index,
                promptIds.length,
                tokens.length,
                text.toString(),
                Reward.of(0),
                status,
                end.name().toLowerCase(Locale.ROOT),
                spans,
                provenance,
                words,
                session,
                engine,
                seconds,
                0,
                cachedTokens,
                spec,
                tensors.shapes(),
                null,
                textOnly ? JsonNodeFactory.instance.objectNode().put(TEXT_ONLY, true) : null);
        return new WrittenSample(header, promptIds, tokens, logProbs, WrittenSample.ones(tokens.length), tensors);
    }
}
