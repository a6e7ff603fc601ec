/** Sizes and durations as people write them. */
@NullMarked
package io.millrace.common.units;

import org.jspecify.annotations.NullMarked;
