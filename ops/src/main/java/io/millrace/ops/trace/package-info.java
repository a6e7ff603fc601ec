/** One group's life, told from the topics alone. */
@NullMarked
package io.millrace.ops.trace;

import org.jspecify.annotations.NullMarked;
