/** A run's finished groups as a trainer in this process sees them. */
@NullMarked
package io.millrace.trainer.queue;

import org.jspecify.annotations.NullMarked;
