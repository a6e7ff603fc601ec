/**
 * Whether two written mathematical answers mean the same, decided exactly and within a fixed amount of work.
 * {@link io.millrace.common.reward.math.MathEquality} is the way in; what it compares is read from text here
 * and computed in {@code value}.
 */
@NullMarked
package io.millrace.common.reward.math;

import org.jspecify.annotations.NullMarked;
