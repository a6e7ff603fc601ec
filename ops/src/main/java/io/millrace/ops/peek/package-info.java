/** Single records of a run's topics, readable. */
@NullMarked
package io.millrace.ops.peek;

import org.jspecify.annotations.NullMarked;
