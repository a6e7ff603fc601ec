package io.millrace.common.rollout;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * All of a sample but its tensors.
 *
 * @param index the sample index over the whole run: group index x samples per group + position; samples that one
 *     execution of a generator made share it
 * @param promptLength tokens of the prompt at the front of its {@code tokens}; 0 when the prompt went out as text and
 *     its ids are unknown
 * @param responseLength tokens after the prompt; the length of its {@code log_probs} and {@code loss_mask}
 * @param response the text of the response; empty in a header that was read without the texts
 * @param finishReason the engine's word: stop, length, abort
 * @param weightVersions contiguous from 0 to responseLength (empty for an empty response)
 * @param provenance how those are known
 * @param engineWeightVersions the engine's own words for them, one per request, as slime keeps them
 * @param sessionId given to the sample once, for routing
 * @param engine the address that made it
 * @param generationSeconds from request to answer, all tries
 * @param nonGenerationSeconds time spent otherwise, such as scoring
 * @param cachedTokens prompt tokens the engine had cached
 * @param spec speculative decoding counters
 * @param tensors shape of its part of each of the group's further tensors, by name; null where it has none
 * @param rolloutId shared by samples that one execution of a generator made, their common index; null where it made one
 * @param metadata what its generator says of it, beside the group's metadata and before it; null where that is nothing
 */
public record SampleHeader(
        long index,
        int promptLength,
        int responseLength,
        String response,
        Reward reward,
        SampleStatus status,
        String finishReason,
        List<VersionSpan> weightVersions,
        SpanProvenance provenance,
        List<String> engineWeightVersions,
        String sessionId,
        String engine,
        double generationSeconds,
        double nonGenerationSeconds,
        int cachedTokens,
        @Nullable SpecInfo spec,
        @Nullable Map<String, List<Long>> tensors,
        @Nullable Long rolloutId,
        @Nullable ObjectNode metadata) {
    public SampleHeader {
        weightVersions = List.copyOf(weightVersions);
        // The wire has the texts apart.
        response = Objects.requireNonNullElse(response, "");
        engineWeightVersions = List.copyOf(engineWeightVersions);
        tensors = tensors == null || tensors.isEmpty() ? null : Map.copyOf(tensors);
        if (index < 0 || promptLength < 0 || responseLength < 0) {
            throw new IllegalArgumentException("sample index and lengths must not be negative: index " + index
                    + ", prompt " + promptLength + ", response " + responseLength);
        }
        if (rolloutId != null && rolloutId != index) {
            throw new IllegalArgumentException(
                    "sample " + index + " is of rollout " + rolloutId + ", which must be its index");
        }
        int at = 0;
        for (VersionSpan span : weightVersions) {
            if (span.from() != at) {
                throw new IllegalArgumentException("version spans of sample " + index + " leave a gap at token " + at);
            }
            at = span.to();
        }
        if (at != responseLength) {
            throw new IllegalArgumentException(
                    "version spans of sample " + index + " cover " + at + " of " + responseLength + " response tokens");
        }
    }

    /** The only sample of its rollout, without tensors. */
    public SampleHeader(
            long index,
            int promptLength,
            int responseLength,
            String response,
            Reward reward,
            SampleStatus status,
            String finishReason,
            List<VersionSpan> weightVersions,
            SpanProvenance provenance,
            List<String> engineWeightVersions,
            String sessionId,
            String engine,
            double generationSeconds,
            double nonGenerationSeconds,
            int cachedTokens,
            @Nullable SpecInfo spec) {
        this(
                index,
                promptLength,
                responseLength,
                response,
                reward,
                status,
                finishReason,
                weightVersions,
                provenance,
                engineWeightVersions,
                sessionId,
                engine,
                generationSeconds,
                nonGenerationSeconds,
                cachedTokens,
                spec,
                null,
                null,
                null);
    }

    /** The shapes of {@link #tensors}. */
    public Map<String, List<Long>> tensorShapes() {
        return tensors == null ? Map.of() : tensors;
    }

    /**
     * How many values of the group's further tensor of this name are this sample's.
     *
     * @throws IllegalArgumentException when its shape has a negative size, or makes more than any tensor has
     */
    public long tensorValues(String name) {
        List<Long> shape = tensorShapes().get(name);
        if (shape == null) {
            return 0;
        }
        long values = 1;
        for (long size : shape) {
            if (size < 0 || (size > 0 && values > Integer.MAX_VALUE / size)) {
                throw new IllegalArgumentException("sample " + index + " has " + name + " of the shape " + shape);
            }
            values *= size;
        }
        return values;
    }

    /** The same with this text. */
    SampleHeader said(String text) {
        return with(text, reward, nonGenerationSeconds);
    }

    /** The same, worth this; judging it took so much longer. */
    public SampleHeader rewarded(Reward given, double scoringSeconds) {
        return with(response, given, nonGenerationSeconds + scoringSeconds);
    }

    private SampleHeader with(String text, Reward given, double elsewhereSeconds) {
        return new SampleHeader(
                index,
                promptLength,
                responseLength,
                text,
                given,
                status,
                finishReason,
                weightVersions,
                provenance,
                engineWeightVersions,
                sessionId,
                engine,
                generationSeconds,
                elsewhereSeconds,
                cachedTokens,
                spec,
                tensors,
                rolloutId,
                metadata);
    }

    /** Whether one execution made both. */
    boolean isSiblingOf(SampleHeader other) {
        return rolloutId != null && rolloutId.equals(other.rolloutId);
    }

    /** Tokens of the sample, prompt and response. */
    public int tokenCount() {
        return promptLength + responseLength;
    }

    /** Speculative decoding counters, as slime sums them (slime/utils/types.py, SpecInfo). */
    public record SpecInfo(
            long specAcceptTokenNum, long specDraftTokenNum, long specVerifyCt, long completionTokenNum) {
        /** Of several requests. */
        public static @Nullable SpecInfo sum(@Nullable SpecInfo one, @Nullable SpecInfo other) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            return new SpecInfo(
                    one.specAcceptTokenNum + other.specAcceptTokenNum,
                    one.specDraftTokenNum + other.specDraftTokenNum,
                    one.specVerifyCt + other.specVerifyCt,
                    one.completionTokenNum + other.completionTokenNum);
        }
    }
}
