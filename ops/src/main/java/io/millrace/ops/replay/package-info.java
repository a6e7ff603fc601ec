/** Batches of kept steps again, for people; reads topics only. */
@NullMarked
package io.millrace.trainer.replay;

import org.jspecify.annotations.NullMarked;
