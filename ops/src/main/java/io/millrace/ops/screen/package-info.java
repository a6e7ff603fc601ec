/** A screen that stands still: what commands show again and again is drawn in place. */
@NullMarked
package io.millrace.ops.screen;

import org.jspecify.annotations.NullMarked;
