/** A run's topics: made, or verified, and shown. */
@NullMarked
package io.millrace.ops.topics;

import org.jspecify.annotations.NullMarked;
