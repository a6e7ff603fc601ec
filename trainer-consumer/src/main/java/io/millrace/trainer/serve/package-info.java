/** Hands batches to the trainer: the owner loop, the batch reader, the Java API and the HTTP API over it. */
@NullMarked
package io.millrace.trainer.serve;

import org.jspecify.annotations.NullMarked;
