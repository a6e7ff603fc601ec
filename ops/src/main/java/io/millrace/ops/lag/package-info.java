/** How far each stage of a run is behind. */
@NullMarked
package io.millrace.ops.lag;

import org.jspecify.annotations.NullMarked;
