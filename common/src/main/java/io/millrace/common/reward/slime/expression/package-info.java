/** Expressions as Python's sympy reads them, and whether one of them is zero. */
@NullMarked
package io.millrace.common.reward.slime.expression;

import org.jspecify.annotations.NullMarked;
