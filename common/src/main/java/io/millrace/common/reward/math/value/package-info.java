/** Exact values: sums of products of roots and letters over one another, and what working with them may cost. */
@NullMarked
package io.millrace.common.reward.math.value;

import org.jspecify.annotations.NullMarked;
