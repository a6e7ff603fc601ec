/**
 * What a finished sample is worth: the reward functions, their choice per prompt, and the bounded execution of a score.
 * {@link io.millrace.worker.reward.Rewards} chooses, {@link io.millrace.worker.reward.RewardScorer} runs.
 */
@NullMarked
package io.millrace.worker.reward;

import org.jspecify.annotations.NullMarked;
