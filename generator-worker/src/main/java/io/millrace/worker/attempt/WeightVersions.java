package io.millrace.worker.attempt;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.engine.dialect.Generation;
import io.millrace.worker.engine.dialect.VersionWord;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the versions behind a sample's tokens, from best to worst: the engine's spans; the older of what it
 * said before the request and with its answer; its one version at the end; or the version the task was issued at (engines
 * that tell none, or words such as SGLang's "default").
 *
 * @param words as slime keeps them, one per request: the engine's own, or the trainer's where the engine tells none
 */
record WeightVersions(List<VersionSpan> spans, SpanProvenance provenance, List<String> words) {
    /** @param before what the engine had told before the request was sent; null when nothing */
    static WeightVersions of(
            Generation generation, @Nullable String before, WeightVersion issueVersion, VersionWord.Reading reading) {
        int count = generation.tokens().length;
        // An engine that is silent in its answers may still tell when asked.
        String word = generation.weightVersion() == null ? before : generation.weightVersion();
        List<String> words = List.of(word == null ? reading.word(issueVersion).toString() : word);
        reading.answered(word);
        List<VersionSpan> spans = new ArrayList<>();
        for (Generation.Span span : generation.spans()) {
            OptionalLong number = reading.version(span.version());
            if (number.isEmpty()) {
                return whole(issueVersion, count, SpanProvenance.ISSUE, words);
            }
            spans.add(new VersionSpan(new WeightVersion(number.getAsLong()), span.start(), span.end()));
        }
        if (!spans.isEmpty()) {
            return new WeightVersions(spans, SpanProvenance.SPANS, words);
        }
        OptionalLong after = reading.version(word);
        if (after.isEmpty()) {
            return whole(issueVersion, count, SpanProvenance.ISSUE, words);
        }
        OptionalLong first = reading.version(before);
        // The lower one, whichever it is: versions fall when a trainer resumes from an older checkpoint.
        return first.isPresent()
                ? whole(older(first, after), count, SpanProvenance.BRACKETED, words)
                : whole(new WeightVersion(after.getAsLong()), count, SpanProvenance.SINGLE, words);
    }

    private static WeightVersion older(OptionalLong one, OptionalLong other) {
        return new WeightVersion(Math.min(one.getAsLong(), other.getAsLong()));
    }

    private static WeightVersions whole(
            WeightVersion version, int count, SpanProvenance provenance, List<String> words) {
        List<VersionSpan> spans = count == 0 ? List.of() : List.of(new VersionSpan(version, 0, count));
        return new WeightVersions(spans, provenance, words);
    }
}
