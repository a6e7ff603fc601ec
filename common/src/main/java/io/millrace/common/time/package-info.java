/** Two clocks, kept apart: wall time for records, monotonic time for waits. */
@NullMarked
package io.millrace.common.time;

import org.jspecify.annotations.NullMarked;
