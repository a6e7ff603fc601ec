/** The bounded execution of a score: {@link io.millrace.worker.score.RewardScorer} runs what a reward function computes. */
@NullMarked
package io.millrace.worker.score;

import org.jspecify.annotations.NullMarked;
