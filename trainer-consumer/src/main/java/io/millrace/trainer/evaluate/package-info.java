/** Evaluations at the trainer's side: taken in, followed, reported. */
@NullMarked
package io.millrace.trainer.evaluate;

import org.jspecify.annotations.NullMarked;
