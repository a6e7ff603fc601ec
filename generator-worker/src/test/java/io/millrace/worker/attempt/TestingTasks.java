package io.millrace.worker.attempt;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.common.rollout.Reward;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tasks as the producer issues them. */
public final class TestingTasks {
    private TestingTasks() {}

    public static TrainingTask task(int samples) {
        return task(5, samples, null);
    }

    /** With a prompt of tokens. */
    public static TrainingTask task(int samples, int[] prompt, int maxNewTokens) {
        return task(samples, new Prompt.TokenIds(prompt), maxNewTokens);
    }

    public static TrainingTask task(int samples, Prompt prompt, int maxNewTokens) {
        return new TrainingTask(
                new GroupIndex(5),
                new Attempt(1),
                samples,
                new Lineage(0),
                new WeightVersion(0),
                0,
                prompt,
                "2",
                Json.object(),
                SamplingParams.defaults(maxNewTokens),
                new TrainingTask.Source("fp", 0, 0, 1),
                null,
                null,
                null);
    }

    /** @param timeLimit null for none */
    public static TrainingTask task(long index, int samples, @Nullable Duration timeLimit) {
        return new TrainingTask(
                new GroupIndex(index),
                new Attempt(1),
                samples,
                new Lineage(0),
                new WeightVersion(0),
                0,
                new Prompt.Text("1 + 1 = ?"),
                "2",
                Json.object(),
                SamplingParams.defaults(16),
                new TrainingTask.Source("fp", 0, 0, 1),
                timeLimit == null ? null : timeLimit.toMillis(),
                null,
                null);
    }

    /** A sample is through, and is worth this. */
    public static void score(AttemptState attempt, int sample, Reward reward, double seconds) {
        attempt.made(sample, List.of(attempt.through(sample).rewarded(reward, seconds)), 0);
    }
}
