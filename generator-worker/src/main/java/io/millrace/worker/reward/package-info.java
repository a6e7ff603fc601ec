/**
 * What a finished sample is worth: the reward functions, and their choice per prompt by {@link
 * io.millrace.worker.reward.Rewards}.
 */
@NullMarked
package io.millrace.worker.reward;

import org.jspecify.annotations.NullMarked;
