/**
 * Whether two written mathematical answers mean the same, decided exactly and within a fixed amount of work.
 * {@link io.millrace.worker.reward.math.MathEquality} is the way in; the rest is its algebra.
 */
@NullMarked
package io.millrace.worker.reward.math;

import org.jspecify.annotations.NullMarked;
