package io.millrace.trainer.batch;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.rollout.StalenessFigures;
import io.millrace.common.wire.BatchHeader;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The form of a batch as JSON, for the API's document; {@link BatchJson} writes it value by value.
 *
 * @param weightVersion as the trainer called it at the hand-over
 * @param share whose groups these are; absent where they are all
 * @param advantages by group those of its samples; absent where they were not asked for
 * @param groups by group its samples
 */
public record BatchForm(
        Lineage lineage,
        StepNumber step,
        WeightVersion weightVersion,
        long maskedTokens,
        StalenessFigures.Snapshot staleness,
        BatchHeader.@Nullable Share share,
        @Nullable List<List<Float>> advantages,
        List<List<BatchSample>> groups) {

    /** A sample, with the keys of slime's; what Millrace does not make is always null. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record BatchSample(
            GroupIndex groupIndex,
            long index,
            @Nullable Long rolloutId,
            String prompt,
            List<Integer> tokens,
            @Nullable JsonNode multimodalInputs,
            @Nullable JsonNode multimodalTrainInputs,
            @Nullable JsonNode multimodalTrainInputId,
            JsonNode applyChatTemplateKwargs,
            String response,
            int responseLength,
            @Nullable String label,
            JsonNode reward,
            List<Integer> lossMask,
            List<String> weightVersions,
            List<Float> rolloutLogProbs,
            @Nullable JsonNode rolloutTopPTokenIds,
            @Nullable JsonNode rolloutTopPTokenOffsets,
            @Nullable JsonNode rolloutRoutedExperts,
            boolean removeSample,
            @Nullable JsonNode teacherLogProbs,
            String status,
            JsonNode metadata,
            @Nullable String generateFunctionPath,
            @Nullable String customRmPath,
            @Nullable JsonNode trainMetadata,
            @Nullable String sessionId,
            double nonGenerationTime,
            JsonNode specInfo,
            JsonNode prefixCacheInfo) {}
}
