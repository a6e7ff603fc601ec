/** Batches of kept steps again, for people; reads topics only. */
@NullMarked
package io.millrace.ops.replay;

import org.jspecify.annotations.NullMarked;
