package io.millrace.worker.attempt;

import io.millrace.common.rollout.SampleHeader.SpecInfo;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.engine.dialect.Generation.Finish;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What engines generated behind a context until it stopped or its limit was used up, however often that was interrupted.
 * The arrays are shared: do not change them.
 *
 * @param text as the engine decoded it
 * @param tokens as sampled, one at least
 * @param logProbs behaviour log-probabilities of the tokens
 * @param finish {@code STOP} or {@code LENGTH}
 * @param spans versions of the tokens, contiguous from 0
 * @param provenance how those are known
 * @param words the engines' own words for them, one a request
 * @param cachedTokens of the context, which the first engine had cached
 * @param engine the address that made the last of it
 * @param seconds from request to answer, all tries
 */
public record Turn(
        String text,
        int[] tokens,
        float[] logProbs,
        Finish finish,
        List<VersionSpan> spans,
        SpanProvenance provenance,
        List<String> words,
        int cachedTokens,
        @Nullable SpecInfo spec,
        String engine,
        double seconds) {
    public Turn {
        spans = List.copyOf(spans);
        words = List.copyOf(words);
    }
}
