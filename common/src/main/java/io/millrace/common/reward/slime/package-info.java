/**
 * What slime's graders say of a written answer, quirks and all, so that curves compare: {@link
 * io.millrace.common.reward.slime.SlimeMath} is the way in. Its meaning is that of slime/rollout/rm_hub/math_utils.py over
 * pylatexenc 2.10 and sympy 1.14; docs/REWARDS.md says how often it holds. Work is bounded, whatever is written.
 */
@NullMarked
package io.millrace.common.reward.slime;

import org.jspecify.annotations.NullMarked;
