/**
 * A run as people look at it: records of its topics in, {@link io.millrace.trainer.observe.RunView} out. Pure: no thread,
 * clock or client.
 */
@NullMarked
package io.millrace.trainer.observe;

import org.jspecify.annotations.NullMarked;
