/** What the trainer says of the weights, and what waits for it. */
@NullMarked
package io.millrace.worker.weights;

import org.jspecify.annotations.NullMarked;
