/** Takes a run's topics and groups off a cluster. */
@NullMarked
package io.millrace.ops.remove;

import org.jspecify.annotations.NullMarked;
