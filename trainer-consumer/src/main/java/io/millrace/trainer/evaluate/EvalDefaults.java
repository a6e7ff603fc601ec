package io.millrace.trainer.evaluate;

import io.millrace.common.record.EvalRecord.EvalDataSet;
import org.jspecify.annotations.Nullable;

/** What holds for a data set of an evaluation that does not say; null leaves it to the producer. */
public record EvalDefaults(
        int samples,
        double passReward,
        @Nullable String rewardType,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable Integer maxNewTokens) {
    /** @throws IllegalArgumentException when a value is out of its range */
    public EvalDataSet dataSet(String name, String path) {
        return new EvalDataSet(name, path, samples, passReward, rewardType, temperature, topP, topK, maxNewTokens);
    }
}
