/**
 * The run's account on {@code steps} and {@code policy}: its one writer, what a start reads of it, and which steps and
 * results are kept for whoever reads it again.
 */
@NullMarked
package io.millrace.trainer.journal;

import org.jspecify.annotations.NullMarked;
