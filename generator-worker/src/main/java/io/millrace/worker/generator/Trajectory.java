package io.millrace.worker.generator;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.Reward;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.rollout.SampleHeader.SpecInfo;
import io.millrace.common.rollout.SampleStatus;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.attempt.SampleTensors;
import io.millrace.worker.attempt.Turn;
import io.millrace.worker.attempt.WrittenSample;
import io.millrace.worker.engine.dialect.Generation.Finish;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a sample in the making: a prompt, then turns that were generated and, between them, tokens from elsewhere
 * (a tool's answer, a user's, what a chat template puts around them), which have a loss mask of 0, a log-probability of 0
 * and the version of the generated tokens next to them. Tokens, log-probabilities and versions of turns stay as the engines
 * gave them. Not thread-safe.
 */
public final class Trajectory {
    private final int[] promptIds;
    private int[] tokens = new int[0];
    private float[] logProbs = new float[0];
    private byte[] lossMask = new byte[0];
    private final StringBuilder text = new StringBuilder();
    private final List<VersionSpan> spans = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    private SpanProvenance provenance = SpanProvenance.SPANS;
    private @Nullable Turn first;
    private @Nullable Turn last;
    private @Nullable SpecInfo spec;
    private double seconds;
    private int turns;

    /** @param promptIds what the first turn is generated behind, one at least */
    public Trajectory(int[] promptIds) {
        if (promptIds.length == 0) {
            throw new IllegalArgumentException("a trajectory begins with one token at least");
        }
        this.promptIds = promptIds.clone();
    }

    /** The same once more, to go another way from here. */
    public Trajectory copy() {
        Trajectory copy = new Trajectory(promptIds);
        copy.tokens = tokens;
        copy.logProbs = logProbs;
        copy.lossMask = lossMask;
        copy.text.append(text);
        copy.spans.addAll(spans);
        copy.words.addAll(words);
        copy.provenance = provenance;
        copy.first = first;
        copy.last = last;
        copy.spec = spec;
        copy.seconds = seconds;
        copy.turns = turns;
        return copy;
    }

    /** A turn that was generated behind {@link #context}; it is trained on. */
    public Trajectory add(Turn turn) {
        return add(turn, ones(turn.tokens().length));
    }

    /**
     * The same with a mask of its own.
     *
     * @param mask 1 where a token of the turn is trained on, else 0
     */
    public Trajectory add(Turn turn, byte[] mask) {
        if (mask.length != turn.tokens().length) {
            throw new IllegalArgumentException(
                    "a turn of " + turn.tokens().length + " tokens has a mask of " + mask.length);
        }
        int at = tokens.length;
        if (first == null && at > 0) {
            // Nothing was generated before them.
            spans.add(new VersionSpan(firstVersion(turn), 0, at));
        }
        for (VersionSpan span : turn.spans()) {
            join(new VersionSpan(span.version(), span.from() + at, span.to() + at));
        }
        append(turn.tokens(), turn.logProbs(), mask);
        text.append(turn.text());
        words.addAll(turn.words());
        if (turn.provenance().compareTo(provenance) > 0) {
            provenance = turn.provenance();
        }
        spec = SpecInfo.sum(spec, turn.spec());
        seconds += turn.seconds();
        first = first == null ? turn : first;
        last = turn;
        turns++;
        return this;
    }

    /**
     * Tokens that no engine generated here; never trained on.
     *
     * @param shown what is to stand for them in the response's text; perhaps empty
     */
    public Trajectory observe(int[] others, String shown) {
        int at = tokens.length;
        if (last != null && others.length > 0) {
            join(new VersionSpan(spans.getLast().version(), at, at + others.length));
        }
        append(others, new float[others.length], new byte[others.length]);
        text.append(shown);
        return this;
    }

    /** Nothing of it so far is trained on. */
    public Trajectory mask() {
        lossMask = new byte[tokens.length];
        return this;
    }

    private static byte[] ones(int length) {
        byte[] mask = new byte[length];
        Arrays.fill(mask, (byte) 1);
        return mask;
    }

    private static WeightVersion firstVersion(Turn turn) {
        return turn.spans().getFirst().version();
    }

    private void append(int[] moreTokens, float[] moreLogProbs, byte[] moreMask) {
        int at = tokens.length;
        tokens = Arrays.copyOf(tokens, at + moreTokens.length);
        System.arraycopy(moreTokens, 0, tokens, at, moreTokens.length);
        logProbs = Arrays.copyOf(logProbs, at + moreTokens.length);
        System.arraycopy(moreLogProbs, 0, logProbs, at, moreTokens.length);
        lossMask = Arrays.copyOf(lossMask, at + moreTokens.length);
        System.arraycopy(moreMask, 0, lossMask, at, moreTokens.length);
    }

    private void join(VersionSpan span) {
        if (!spans.isEmpty() && spans.getLast().version().equals(span.version())) {
            span = new VersionSpan(span.version(), spans.removeLast().from(), span.to());
        }
        spans.add(span);
    }

    /** All tokens so far: what the next turn is generated behind. */
    public int[] context() {
        int[] context = Arrays.copyOf(promptIds, promptIds.length + tokens.length);
        System.arraycopy(tokens, 0, context, promptIds.length, tokens.length);
        return context;
    }

    /** Tokens behind the prompt. */
    public int length() {
        return tokens.length;
    }

    /** Turns that were generated. */
    public int turns() {
        return turns;
    }

    /** What was generated and shown, in order. */
    public String text() {
        return text.toString();
    }

    /** {@code COMPLETED}, or {@code TRUNCATED} when its last turn used its limit up. */
    public SampleStatus status() {
        return last != null && last.finish() == Finish.LENGTH ? SampleStatus.TRUNCATED : SampleStatus.COMPLETED;
    }

    /**
     * As a group has it.
     *
     * @param rolloutId null when it is the only one of its execution
     * @param otherSeconds of the execution, in which no engine was asked
     * @throws IllegalArgumentException when nothing of it was generated
     */
    WrittenSample written(
            GeneratedSample of, long index, @Nullable Long rolloutId, String session, double otherSeconds) {
        Turn opening = first;
        Turn closing = last;
        if (opening == null || closing == null) {
            throw new IllegalArgumentException("nothing of it was generated");
        }
        SampleHeader header = new SampleHeader(
                index,
                promptIds.length,
                tokens.length,
                of.response(),
                of.reward() == null ? Reward.of(0) : of.reward(),
                of.status(),
                closing.finish().name().toLowerCase(Locale.ROOT),
                spans,
                provenance,
                words,
                session,
                closing.engine(),
                seconds,
                otherSeconds,
                opening.cachedTokens(),
                spec,
                null,
                rolloutId,
                of.metadata());
        return new WrittenSample(header, promptIds, tokens, logProbs, lossMask, new SampleTensors());
    }

    /** Seconds in which engines were asked. */
    double seconds() {
        return seconds;
    }
}
