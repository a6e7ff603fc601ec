package io.millrace.worker.generate;

import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.SpanProvenance;
import io.millrace.common.rollout.VersionSpan;
import io.millrace.worker.engine.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What is known of the versions behind a sample's tokens, from best to worst: the engine's spans, its one version at the
 * end, or the version the task was issued at (engines that tell none, or words such as SGLang's "default").
 *
 * @param words the engine's own, as slime keeps them: one per request
 */
record WeightVersions(List<VersionSpan> spans, SpanProvenance provenance, List<String> words) {
    static WeightVersions of(Generation generation, WeightVersion issueVersion) {
        int count = generation.tokens().length;
        String word = generation.weightVersion();
        List<String> words = List.of(word == null ? issueVersion.toString() : word);
        List<VersionSpan> spans = new ArrayList<>();
        for (Generation.Span span : generation.spans()) {
            OptionalLong number = number(span.version());
            if (number.isEmpty()) {
                return whole(issueVersion, count, SpanProvenance.ISSUE, words);
            }
            spans.add(new VersionSpan(new WeightVersion(number.getAsLong()), span.start(), span.end()));
        }
        if (!spans.isEmpty()) {
            return new WeightVersions(spans, SpanProvenance.SPANS, words);
        }
        OptionalLong number = word == null ? OptionalLong.empty() : number(word);
        return number.isPresent()
                ? whole(new WeightVersion(number.getAsLong()), count, SpanProvenance.SINGLE, words)
                : whole(issueVersion, count, SpanProvenance.ISSUE, words);
    }

    private static WeightVersions whole(
            WeightVersion version, int count, SpanProvenance provenance, List<String> words) {
        List<VersionSpan> spans = count == 0 ? List.of() : List.of(new VersionSpan(version, 0, count));
        return new WeightVersions(spans, provenance, words);
    }

    private static OptionalLong number(String word) {
        return word.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(word)) : OptionalLong.empty();
    }
}
